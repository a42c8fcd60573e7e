// The toolbar button says in two characters how the page stands, and in its title what they mean.
import { api } from '../api';
import { loadSettings } from '../settings';
import { localeOf, wordsOf } from '../i18n';
import { say } from '../say';
import type { Tally } from '../types';

const GREY = '#5f6368', RED = '#b3141c', AMBER = '#8a4b00', BLUE = '#1f5f8b';

function look({ state, count, high }: Tally): { text: string; color: string } {
  if (state === 'trouble') return { text: '!', color: RED };
  if (state === 'language' || state === 'private') return { text: '–', color: GREY };
  if (count) return { text: count > 99 ? '99+' : String(count), color: high ? RED : AMBER };
  return state === 'checking' ? { text: '…', color: BLUE } : { text: '0', color: GREY };
}

async function show(tabId: number, text: string, color: string, title: string): Promise<void> {
  try {
    await Promise.all([
      api.action.setTitle({ tabId, title }), api.action.setBadgeBackgroundColor({ tabId, color }),
      api.action.setBadgeTextColor({ tabId, color: '#ffffff' }),
    ]);
    await api.action.setBadgeText({ tabId, text });
  } catch { /* the tab is gone */ }
}

export async function badge(tabId: number, tally: Tally): Promise<void> {
  const words = await wordsOf(localeOf((await loadSettings()).language)), { text, color } = look(tally);
  const key = tally.count && tally.state !== 'trouble' ? 'badge_found' : `badge_${tally.state}`;
  await show(tabId, text, color, say(words, key, tally.count, tally.high));
}

/** A page that was not read: the button says so, and its popup says why and what can be done. */
export async function refuse(tabId: number, reason: 'private' | 'never' | 'forbidden_page', host: string): Promise<void> {
  const words = await wordsOf(localeOf((await loadSettings()).language));
  await show(tabId, '–', GREY, say(words, `badge_${reason}`));
  const popup = `state.html?${new URLSearchParams({ reason, host, tab: String(tabId) })}`;
  await api.action.setPopup({ tabId, popup });
  try { await api.action.openPopup(); } catch { /* the next click opens it */ }
}

export const clearRefusal = (tabId: number): Promise<void> => api.action.setPopup({ tabId, popup: '' });
