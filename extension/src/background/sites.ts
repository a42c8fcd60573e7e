// Sites that are always checked: one registered script each, only where the browser's permission is still given.
import { api } from '../api';
import { sitePatterns } from '../hosts';
import { changeSettings, loadSettings } from '../settings';
import { inTurn } from '../turns';
import type { SiteChoice } from '../types';

export const syncSites = (): Promise<void> => inTurn(register, 'sites');

async function register(): Promise<void> {
  const { sites } = await loadSettings();
  const wanted: chrome.scripting.RegisteredContentScript[] = [];
  for (const [host, choice] of Object.entries(sites)) {
    if (choice !== 'always' || !await api.permissions.contains({ origins: sitePatterns(host) })) continue;
    wanted.push({ id: `site-${host}`, matches: sitePatterns(host), js: ['content.js'], runAt: 'document_idle' });
  }
  const present = await api.scripting.getRegisteredContentScripts();
  if (present.length) await api.scripting.unregisterContentScripts({ ids: present.map(one => one.id) });
  if (wanted.length) await api.scripting.registerContentScripts(wanted);
}

export const chooseSite = (host: string, choice: SiteChoice): Promise<void> =>
  changeSettings(settings => { settings.sites[host] = choice; });
