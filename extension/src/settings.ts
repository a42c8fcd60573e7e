// What the reader chose, kept in this browser; everything that comes from a file is checked before it is believed.
import { api } from './api';
import { hostName } from './hosts';
import { inTurn } from './turns';
import { LEVELS, type Dismissal, type Settings, type SiteChoice } from './types';

export const DEFAULT_SERVER = 'http://127.0.0.1:8000';
export const MAX_SITES = 500, MAX_DISMISSALS = 1000, MAX_FILE = 256 * 1024;
const CHOICES: readonly SiteChoice[] = ['always', 'never', 'allow'];
const LANGUAGES: readonly Settings['language'][] = ['auto', 'en', 'de'];

export const DEFAULTS: Settings = { level: 'moderate', showSupported: false, display: 'marks', language: 'auto', sites: {} };

/** Settings out of anything; what does not fit falls back to the default. */
export function settingsFrom(value: unknown): Settings {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const sites: Record<string, SiteChoice> = {};
  const listed = typeof given.sites === 'object' && given.sites !== null ? Object.entries(given.sites) : [];
  for (const [typed, choice] of listed.slice(0, MAX_SITES)) {
    const host = hostName(typed);
    if (host && CHOICES.includes(choice as SiteChoice)) sites[host] = choice as SiteChoice;
  }
  return {
    level: LEVELS.includes(given.level as Settings['level']) ? given.level as Settings['level'] : DEFAULTS.level,
    showSupported: given.showSupported === true,
    display: given.display === 'badge' ? 'badge' : 'marks',
    language: LANGUAGES.includes(given.language as Settings['language']) ? given.language as Settings['language'] : 'auto',
    sites,
  };
}

export async function loadSettings(): Promise<Settings> {
  return settingsFrom((await api.storage.local.get('settings')).settings);
}

async function saveSettings(settings: Settings): Promise<void> {
  await api.storage.local.set({ settings: settingsFrom(settings) });
}

/** Changes what stands there when its turn has come: two changes in quick succession are both kept. */
export const changeSettings = (edit: (settings: Settings) => void): Promise<void> => inTurn(async () => {
  const settings = await loadSettings();
  edit(settings);
  await saveSettings(settings);
});

export interface Connection { server: string; token: string }

/** The server that the reader named and agreed to; null before that. */
export async function loadConnection(): Promise<Connection | null> {
  const { server, token, consent } = await api.storage.local.get(['server', 'token', 'consent']);
  if (typeof server !== 'string' || !server || consent !== server) return null;
  return { server, token: typeof token === 'string' ? token : '' };
}

export async function saveConnection({ server, token }: Connection): Promise<void> {
  await api.storage.local.set({ server, token, consent: server });
}

export async function loadDismissals(): Promise<Dismissal[]> {
  const { dismissed } = await api.storage.local.get('dismissed');
  return Array.isArray(dismissed) ? dismissed as Dismissal[] : [];
}

async function saveDismissals(dismissed: Dismissal[]): Promise<void> {
  await api.storage.local.set({ dismissed: dismissed.slice(-MAX_DISMISSALS) });
}

export const changeDismissals = (edit: (all: Dismissal[]) => Dismissal[]): Promise<void> =>
  inTurn(async () => saveDismissals(edit(await loadDismissals())));

interface Portable { format: 'claimcheck-settings'; version: 1; server: string; settings: Settings; dismissed: Dismissal[] }

/** Everything that may be carried elsewhere; the token is a secret and stays. */
export async function exported(): Promise<Portable> {
  const { server } = await api.storage.local.get('server');
  return {
    format: 'claimcheck-settings', version: 1, server: typeof server === 'string' ? server : '',
    settings: await loadSettings(), dismissed: await loadDismissals(),
  };
}

/** Settings and dismissals out of an exported file; null where it is none. The server is only suggested, never set. */
export function imported(text: string): { settings: Settings; dismissed: Dismissal[]; server: string } | null {
  if (text.length > MAX_FILE) return null;
  let read: Record<string, unknown>;
  try { read = JSON.parse(text) as Record<string, unknown>; } catch { return null; }
  if (typeof read !== 'object' || read === null || read.format !== 'claimcheck-settings' || read.version !== 1) return null;
  const dismissed = (Array.isArray(read.dismissed) ? read.dismissed : []).filter(isDismissal).slice(-MAX_DISMISSALS);
  return { settings: settingsFrom(read.settings), dismissed, server: typeof read.server === 'string' ? read.server : '' };
}

function isDismissal(value: unknown): value is Dismissal {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Record<string, unknown>;
  const texts = ['id', 'exact', 'prefix', 'suffix', 'host', 'page', 'at'];
  return texts.every(name => typeof one[name] === 'string' && (one[name] as string).length <= 2000)
    && ['page', 'site', 'everywhere'].includes(one.scope as string);
}
