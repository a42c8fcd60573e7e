// Which servers may be asked, and which sites are never read unless their reader says so.
import type { Settings } from './types';

// Without [::1]: a content security policy cannot name it.
const LOOPBACK = new Set(['127.0.0.1', 'localhost']);

/** The origin of a server's address; null where it may not be used: only https, or http on this computer. */
export function serverOrigin(typed: string): string | null {
  let url: URL;
  try { url = new URL(typed.trim()); } catch { return null; }
  if (url.username || url.password) return null;
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return url.origin;
  return null;
}

/** The match pattern that a permission for a server is asked with; patterns know no ports. */
export const serverPattern = (origin: string): string => {
  const url = new URL(origin);
  return `${url.protocol}//${url.hostname}/*`;
};

/** The match patterns of a site that is always checked; one for each scheme, as the manifest declares them. */
export const sitePatterns = (host: string): string[] => [`https://${host}/*`, `http://${host}/*`];

/** `example.org.` is `example.org`: one site, one rule. */
const withoutDot = (host: string): string => host.replace(/\.$/, '');

/** A host name as the settings keep it, or null: at most 253 characters, no path, no wildcard. */
export function hostName(typed: string): string | null {
  const trimmed = typed.trim().toLowerCase();
  if (!trimmed || trimmed.length > 2000) return null;
  let url: URL;
  try { url = new URL(trimmed.includes('://') ? trimmed : `https://${trimmed}`); } catch { return null; }
  const host = withoutDot(url.hostname);
  return host.length <= 253 && /^[a-z0-9.[\]:-]+$/.test(host) ? host : null;
}

// Mail, documents, messages, banks, health portals: what stands there is the reader's own.
const PRIVATE_DOMAINS = [
  'mail.google.com', 'docs.google.com', 'drive.google.com', 'calendar.google.com', 'keep.google.com', 'chat.google.com',
  'messages.google.com', 'meet.google.com', 'outlook.live.com', 'outlook.office.com', 'outlook.office365.com',
  'onedrive.live.com', 'sharepoint.com', 'office.com', 'mail.yahoo.com', 'mail.proton.me', 'proton.me', 'tuta.com',
  'fastmail.com', 'icloud.com', 'mail.aol.com', 'gmx.net', 'web.de', 'zoho.com', 'web.whatsapp.com', 'web.telegram.org',
  'messenger.com', 'discord.com', 'slack.com', 'teams.microsoft.com', 'notion.so', 'dropbox.com', 'overleaf.com',
  'etherpad.org', 'paypal.com', 'wise.com', 'revolut.com', 'chase.com', 'bankofamerica.com', 'wellsfargo.com',
  'citi.com', 'capitalone.com', 'hsbc.com', 'barclays.co.uk', 'lloydsbank.com', 'natwest.com', 'santander.com',
  'deutsche-bank.de', 'commerzbank.de', 'sparkasse.de', 'ing.de', 'bnpparibas.com', 'ubs.com',
  'mychart.com', 'patientaccess.com', 'healow.com', 'zocdoc.com', 'doctolib.de', 'doctolib.fr', 'gesund.bund.de',
  'account.nhs.uk', 'access.login.nhs.uk', 'nhsapp.service.nhs.uk', 'healthvault.com', '23andme.com',
];
const PRIVATE_LABELS = new Set([
  'mail', 'webmail', 'email', 'inbox', 'imap', 'owa', 'exchange', 'bank', 'banking', 'onlinebanking', 'netbank',
  'ebanking', 'mychart', 'patient', 'patients', 'patientportal', 'myhealth', 'intranet', 'admin', 'router', 'vpn',
]);

/** Whether a site is one that is not read by default. */
export function isPrivate(host: string): boolean {
  if (LOOPBACK.has(host) || host.endsWith('.localhost') || host.endsWith('.local') || !host.includes('.')) return true;
  if (/^(10|127|192\.168|169\.254)\.[\d.]+$/.test(host) || /^172\.(1[6-9]|2\d|3[01])\.[\d.]+$/.test(host)) return true;
  if (host.startsWith('[')) return true;
  if (PRIVATE_DOMAINS.some(domain => host === domain || host.endsWith('.' + domain))) return true;
  // Only in front of the registered name: patient.info is a public site, patient.example.org a portal.
  return host.split('.').slice(0, -2).some(label => PRIVATE_LABELS.has(label));
}

const PRIVATE_PATH = /^\/(?:[a-z]{1,2}(?:-[a-z]{2})?\/)?(?:messages?|messaging|direct|inbox|chats?|dms?|mail)(?:\/|$)/i;

/** Whether a part of a site is where its members write to one another. */
export const isPrivatePath = (path: string): boolean => PRIVATE_PATH.test(path);

/** Whether the reader's rule for this host covers its messages, too: "always" does so only where the whole host is private. */
export function mayReadMessages(host: string, settings: Settings): boolean {
  const choice = settings.sites[host];
  return choice === 'allow' || choice === 'always' && isPrivate(host);
}

/** Whether a page of this host may be read after a click. */
export function mayRead(host: string, path: string, settings: Settings): boolean {
  const choice = settings.sites[host];
  if (choice === 'never' || !choice && isPrivate(host)) return false;
  return !isPrivatePath(path) || mayReadMessages(host, settings);
}

export const pathOf = (url: string | undefined): string => {
  try { return new URL(url ?? '').pathname; } catch { return ''; }
};

/** The host of a web page; empty for the browser's own pages and files. */
export const hostOf = (url: string | undefined): string => {
  try {
    const { protocol, hostname } = new URL(url ?? '');
    return protocol === 'https:' || protocol === 'http:' ? withoutDot(hostname) : '';
  } catch { return ''; }
};
