// The background: answers the page's script and the extension's own pages, and alone calls the service.
import { api } from '../api';
import { hostOf, mayRead, mayReadMessages, pathOf, sitePatterns } from '../hosts';
import { localeOf, wordsOf } from '../i18n';
import { say } from '../say';
import { changeDismissals, loadConnection, loadDismissals, loadSettings } from '../settings';
import type { Dismissal, Draft, Finding, FeedbackReply, Scope, Start, ToBackground, ToContent } from '../types';
import { badge, clearRefusal, refuse } from './badge';
import { check, checkText, cutAt, test } from './check';
import { ask, forgiven, Refusal } from './server';
import { record } from './sent';
import { chooseSite, syncSites } from './sites';
import { inTurn } from '../turns';

const MAX_SELECTION = 20_000;
type Sender = chrome.runtime.MessageSender;

// --- the page's script goes in ---

async function inject(tabId: number, retries = 1): Promise<void> {
  try {
    await api.scripting.executeScript({ target: { tabId }, files: ['content.js'] });
  } catch (error) {  // the permission of a click can arrive just after the click
    if (!retries) throw error;
    await new Promise(go => setTimeout(go, 200));
    await inject(tabId, retries - 1);
  }
}

async function clicked(tab: chrome.tabs.Tab, anyway = false): Promise<void> {
  if (tab.id === undefined) return;
  if (!await loadConnection()) return openPage('welcome.html');
  const settings = await loadSettings(), host = hostOf(tab.url);
  if (!anyway && host && !mayRead(host, pathOf(tab.url), settings)) {
    return refuse(tab.id, settings.sites[host] === 'never' ? 'never' : 'private', host);
  }
  if (anyway) await api.storage.session.set({ [`anyway:${tab.id}`]: host });
  try {
    await inject(tab.id);
  } catch {
    return refuse(tab.id, 'forbidden_page', host);
  }
  // A script that stopped at a private part of the site learns that this is allowed now.
  if (anyway) await tell(tab.id, { type: 'settings' });
  await tell(tab.id, { type: 'command', name: 'click' });
}

async function tell(tabId: number, message: ToContent): Promise<void> {
  try { await api.tabs.sendMessage(tabId, message); } catch { /* no script of ours in that tab */ }
}

async function tellAll(message: ToContent): Promise<void> {
  await Promise.all((await api.tabs.query({})).map(tab => tab.id === undefined ? null : tell(tab.id, message)));
}

/** Rules of sites changed: "never" ends what was allowed once, and no popup speaks of the rule before. */
async function applyRules(): Promise<void> {
  const { sites } = await loadSettings(), ids = (await api.tabs.query({})).flatMap(tab => tab.id ?? []);
  const once = await api.storage.session.get(ids.map(id => `anyway:${id}`)) as Record<string, string>;
  await api.storage.session.remove(Object.keys(once).filter(key => sites[once[key]] === 'never'));
  await Promise.all(ids.map(id => clearRefusal(id).catch(() => undefined)));
}

const openPage = async (page: string): Promise<void> => { await api.tabs.create({ url: api.runtime.getURL(page) }); };

// --- what a page's script may ask ---

const pageOf = (url: string | undefined): string => {
  try { const { host, pathname } = new URL(url ?? ''); return host + pathname; } catch { return ''; }
};

async function hash(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes.slice(0, 18)));
}

async function start(sender: Sender): Promise<Start> {
  const [settings, connection, dismissed] = await Promise.all([loadSettings(), loadConnection(), loadDismissals()]);
  const host = hostOf(sender.url), page = await hash(pageOf(sender.url)), tabId = sender.tab?.id ?? -1;
  const anyway = (await api.storage.session.get(`anyway:${tabId}`))[`anyway:${tabId}`] === host;
  const locale = localeOf(settings.language);
  const allowed = anyway || mayRead(host, pathOf(sender.url), settings);
  if (allowed && tabId >= 0) await paint(tabId);
  return {
    allowed, messages: anyway || mayReadMessages(host, settings), settings: { ...settings, sites: {} }, words: await wordsOf(locale), locale, server: connection?.server ?? '',
    dismissals: dismissed.filter(one => one.scope === 'everywhere' || (one.scope === 'site' ? one.host === host : one.page === page)),
  };
}

// As the reader's own style, which goes before the page's; what fill.css says of Chromium is its reason to be apart.
async function paint(tabId: number): Promise<void> {
  try {
    await Promise.all([
      api.scripting.insertCSS({ target: { tabId }, files: ['highlight.css'], origin: 'USER' }),
      api.scripting.insertCSS({ target: { tabId }, files: ['fill.css'], origin: FILL_ORIGIN }),
    ]);
  } catch { /* the tab went elsewhere meanwhile */ }
}

async function dismiss(scope: Scope, finding: Pick<Finding, 'id' | 'exact' | 'prefix' | 'suffix'>, sender: Sender): Promise<void> {
  const { id, exact, prefix, suffix } = finding;
  if (![id, exact, prefix, suffix].every(text => typeof text === 'string' && text.length <= 10_000)) return;
  const made: Dismissal = {
    id, exact: exact.slice(0, 2000), prefix, suffix, scope, host: scope === 'everywhere' ? '' : hostOf(sender.url),
    page: scope === 'page' ? await hash(pageOf(sender.url)) : '', at: new Date().toISOString(),
  };
  await changeDismissals(all => [...all, made]);
}

async function report(draft: Omit<Draft, 'url'>, sender: Sender): Promise<void> {
  await api.storage.session.set({ draft: { ...draft, url: sender.url ?? '' } });
  await openPage('report.html');
}

// --- what the extension's own pages may ask ---

async function feedback(body: Record<string, unknown>): Promise<FeedbackReply> {
  const connection = await loadConnection();
  if (!connection) return { ok: false, trouble: 'no_server', id: '', retryIn: null };
  try {
    await record(connection.server, [JSON.stringify(body, null, 2)]);
    const reply = await ask(connection, '/v1/feedback', body, true) as { id?: unknown };
    return { ok: true, trouble: null, id: String(reply.id ?? '').slice(0, 100), retryIn: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, trouble: error.status === 404 || error.status === 405 ? 'missing' : error.trouble, id: '', retryIn: error.retryAfter };
  }
}

async function checkAnyway(tabId: number): Promise<void> {
  await clearRefusal(tabId);
  const tab = await api.tabs.get(tabId);
  await clicked(tab, true);
}

async function changed(): Promise<void> {
  await forgiven();
  await syncSites();
  await menus();
  await applyRules();
  await tellAll({ type: 'settings' });
}

// --- messages ---

const isOwnPage = (sender: Sender): boolean => (sender.url ?? '').startsWith(api.runtime.getURL(''));

function answerPage(message: ToBackground, sender: Sender): Promise<unknown> | null {
  const tabId = sender.tab?.id;
  switch (message.type) {
    case 'start': return start(sender);
    case 'check': return check(message.blocks);
    case 'retry': return forgiven();
    case 'tally': return tabId === undefined ? null : badge(tabId, message.tally);
    case 'dismiss': return dismiss(message.scope, message.finding, sender);
    case 'report': return report(message.draft, sender);
    case 'open': return openPage(message.page === 'sent' ? 'sent.html' : 'options.html');
    default: return null;
  }
}

function answerOwn(message: ToBackground): Promise<unknown> | null {
  switch (message.type) {
    case 'test': return test({ server: message.server, token: message.token });
    case 'feedback': return feedback(message.body);
    case 'checkText': return checkText(message.text.slice(0, MAX_SELECTION));
    case 'checkAnyway': return checkAnyway(message.tabId);
    case 'changed': return changed();
    default: return null;
  }
}

api.runtime.onMessage.addListener((message: ToBackground, sender, reply) => {
  if (sender.id !== api.runtime.id || typeof message?.type !== 'string') return undefined;
  const answer = (isOwnPage(sender) ? answerOwn(message) : null) ?? answerPage(message, sender);
  if (!answer) return undefined;
  answer.then(reply, () => reply(undefined));
  return true;
});

// --- toolbar, keys, menus ---

api.action.onClicked.addListener(tab => { void clicked(tab); });

const COMMANDS: Record<string, 'next' | 'previous' | 'list'> = {
  'next-claim': 'next', 'previous-claim': 'previous', 'list-claims': 'list',
};
api.commands.onCommand.addListener(async (command, given) => {
  const tab = given ?? (await api.tabs.query({ active: true, currentWindow: true }))[0];
  if (tab?.id !== undefined && COMMANDS[command]) await tell(tab.id, { type: 'command', name: COMMANDS[command] });
});

const menus = (): Promise<void> => inTurn(makeMenus, 'menus');

async function makeMenus(): Promise<void> {
  const words = await wordsOf(localeOf((await loadSettings()).language));
  await api.contextMenus.removeAll();
  api.contextMenus.create({ id: 'text', contexts: ['selection'], title: say(words, 'menuCheckText') });
  for (const id of ['always', 'never', 'sent'] as const) {
    api.contextMenus.create({ id, contexts: ['action'], title: say(words, `menu_${id}`) });
  }
}

api.contextMenus.onClicked.addListener((info, tab) => {
  const host = hostOf(tab?.url ?? info.pageUrl);
  if (info.menuItemId === 'text') void selection(info);
  else if (info.menuItemId === 'sent') void openPage('sent.html');
  else if (!host) void openPage('options.html');
  else if (info.menuItemId === 'never') void chooseSite(host, 'never').then(changed);
  // The question must be put within the click itself, before anything is awaited.
  else api.permissions.request({ origins: sitePatterns(host) }).then(async given => {
    if (!given) return;
    await chooseSite(host, 'always');
    await changed();
    if (tab) await clicked(tab);
  }, () => openPage('options.html'));
});

async function selection(info: chrome.contextMenus.OnClickData): Promise<void> {
  if (!await loadConnection()) return openPage('welcome.html');
  // What stands in a field is the reader's own writing: not even a chosen part of it is taken.
  const all = info.editable ? '' : info.selectionText ?? '', text = all.slice(0, cutAt(all, MAX_SELECTION));
  await api.storage.session.set({ selection: { text, editable: info.editable === true, shortened: text.length < all.length } });
  await openPage('selection.html');
}

api.runtime.onInstalled.addListener(({ reason }) => {
  void menus();
  void syncSites();
  if (reason === 'install') void openPage('welcome.html');
});
api.runtime.onStartup.addListener(() => { void menus(); void syncSites(); });
api.permissions.onRemoved.addListener(() => { void syncSites(); });
api.tabs.onRemoved.addListener(tabId => { void api.storage.session.remove(`anyway:${tabId}`); });
// The page's script never sees the key; where the browser can, it is kept from reading storage at all.
void (api.storage.local as unknown as { setAccessLevel?: (level: object) => Promise<void> })
  .setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' })?.catch(() => undefined);

if (TEST_BUILD) Object.assign(globalThis, { testInject: inject, testClicked: clicked });
