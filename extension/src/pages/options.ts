// Everything the reader chooses, in one page.
import { api } from '../api';
import { make } from '../content/elements';
import { hostName, serverPattern, sitePatterns } from '../hosts';
import {
  changeDismissals, changeSettings, exported, imported, loadConnection, loadDismissals, loadSettings, MAX_FILE,
} from '../settings';
import type { Dismissal, Settings, SiteChoice } from '../types';
import { ask, beginPage, find, tell, type Begun } from './page';
import { serverForm } from './serverForm';

let begun: Begun;
const say = (key: string, ...values: (string | number)[]): string => begun.say(key, ...values);

async function change(edit: (settings: Settings) => void): Promise<void> {
  await changeSettings(edit);
  await ask({ type: 'changed' });
}

// --- what is marked ---

async function marks(): Promise<void> {
  const settings = await loadSettings();
  find<HTMLSelectElement>('level').value = settings.level;
  find<HTMLSelectElement>('language').value = settings.language;
  find<HTMLInputElement>('supported').checked = settings.showSupported;
  find<HTMLInputElement>('badge').checked = settings.display === 'badge';
}

function listenMarks(): void {
  const on = (id: string, edit: (settings: Settings, element: HTMLInputElement) => void): void =>
    find(id).addEventListener('change', () => {
      void change(settings => edit(settings, find<HTMLInputElement>(id))).then(() => {
        if (id === 'language') location.reload(); else tell(find('marks-message'), say('saved'));
      });
    });
  on('level', (settings, element) => { settings.level = element.value as Settings['level']; });
  on('language', (settings, element) => { settings.language = element.value as Settings['language']; });
  on('supported', (settings, element) => { settings.showSupported = element.checked; });
  on('badge', (settings, element) => { settings.display = element.checked ? 'badge' : 'marks'; });
}

// --- sites ---

async function sites(): Promise<void> {
  const entries = Object.entries((await loadSettings()).sites).sort(([a], [b]) => a.localeCompare(b));
  const rows = await Promise.all(entries.map(([host, choice]) => siteRow(host, choice)));
  find('sites').replaceChildren(rows.length ? make('ul', { class: 'list' }, ...rows) : make('p', { class: 'quiet' }, say('noSites')));
}

async function siteRow(host: string, choice: SiteChoice): Promise<HTMLElement> {
  const origins = sitePatterns(host);
  const missing = choice === 'always' && !await api.permissions.contains({ origins });
  const give = make('button', { class: 'small', 'aria-label': say('givePermissionOf', host) }, say('givePermission'));
  give.addEventListener('click', () => { void api.permissions.request({ origins }).then(() => ask({ type: 'changed' })).then(sites); });
  const remove = make('button', { class: 'small', 'aria-label': say('removeOf', host) }, say('remove'));
  remove.addEventListener('click', () => {
    void change(settings => { delete settings.sites[host]; })
      .then(() => takeBack(origins)).then(sites);
  });
  return make('li', {}, make('span', {}, `${host}: ${say(`choice_${choice}`)}`), missing ? give : null, remove);
}

/** The permission for a site goes with its rule, but for the one that the server is asked with. */
async function takeBack(origins: string[]): Promise<void> {
  const server = (await loadConnection())?.server, needed = server ? serverPattern(server) : '';
  const left = origins.filter(origin => origin !== needed);
  await api.permissions.remove({ origins: left }).catch(() => false);
}

function listenSites(): void {
  find('site-form').addEventListener('submit', event => {
    event.preventDefault();
    const host = hostName(find<HTMLInputElement>('site').value), message = find('sites-message');
    const choice = find<HTMLSelectElement>('choice').value as SiteChoice;
    if (!host) return tell(message, say('badSite'), true);
    const permitted = choice === 'always' ? api.permissions.request({ origins: sitePatterns(host) }) : Promise.resolve(true);
    void permitted.catch(() => false).then(async given => {
      if (!given) return tell(message, say('noPermission'), true);
      await change(settings => { settings.sites[host] = choice; });
      find<HTMLInputElement>('site').value = '';
      await sites();
      return tell(message, say('saved'));
    });
    return undefined;
  });
}

// --- dismissed claims ---

async function dismissed(): Promise<void> {
  const all = await loadDismissals();
  // What was dismissed since this list was drawn stays dismissed.
  const without = async (undone: Dismissal[]): Promise<void> => {
    const keys = new Set(undone.map(one => JSON.stringify(one)));
    await changeDismissals(now => now.filter(one => !keys.has(JSON.stringify(one))));
    await ask({ type: 'changed' });
    await dismissed();
  };
  const rows = all.map(one => {
    const undo = make('button', { class: 'small', 'aria-label': say('undoOf', one.exact.slice(0, 80)) }, say('undo'));
    undo.addEventListener('click', () => { void without([one]); });
    const where = one.host ? `${say(`dismiss_${one.scope}`)} (${one.host})` : say(`dismiss_${one.scope}`);
    return make('li', {}, make('span', {}, make('span', { dir: 'auto' }, `“${one.exact}”`), make('span', { class: 'quiet' }, ` ${where}`)), undo);
  });
  const every = make('button', { class: 'small' }, say('undoAll'));
  every.addEventListener('click', () => { void without(all); });
  find('dismissed').replaceChildren(...rows.length ? [make('ul', { class: 'list' }, ...rows), every] : [make('p', { class: 'quiet' }, say('noDismissed'))]);
}

// --- export and import ---

function listenPortable(): void {
  const message = find('portable-message');
  find('export').addEventListener('click', () => {
    void exported().then(all => {
      const address = URL.createObjectURL(new Blob([JSON.stringify(all, null, 2)], { type: 'application/json' }));
      make('a', { href: address, download: 'claimcheck-settings.json' }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    });
  });
  find('import').addEventListener('change', () => {
    const file = find<HTMLInputElement>('import').files?.[0];
    if (!file) return;
    if (file.size > MAX_FILE) return tell(message, say('badFile'), true);
    void file.text().then(async text => {
      const read = imported(text);
      if (!read) return tell(message, say('badFile'), true);
      await changeSettings(settings => { Object.assign(settings, read.settings); });
      await changeDismissals(() => read.dismissed);
      await ask({ type: 'changed' });
      await Promise.all([marks(), sites(), dismissed()]);
      const { server } = await api.storage.local.get('server');
      return tell(message, say('imported') + (read.server && read.server !== server ? ' ' + say('importServer', read.server) : ''));
    });
    return undefined;
  });
}

void beginPage('optionsTitle').then(async page => {
  begun = page;
  listenMarks();
  listenSites();
  listenPortable();
  await Promise.all([marks(), sites(), dismissed()]);
  await serverForm(page);
});
