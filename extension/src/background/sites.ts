// Sites that are always checked: one registered script each, only where the browser's permission is still given.
import { api } from '../api';
import { sitePatterns } from '../hosts';
import { loadSettings, saveSettings } from '../settings';
import type { SiteChoice } from '../types';

export async function syncSites(): Promise<void> {
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

export async function chooseSite(host: string, choice: SiteChoice): Promise<void> {
  const settings = await loadSettings();
  settings.sites[host] = choice;
  await saveSettings(settings);
}
