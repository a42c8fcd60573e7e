// What every page of the extension begins with: the words of the chosen language, put where the page asks for them.
import { localeOf, wordsOf } from '../i18n';
import { say } from '../say';
import { loadSettings } from '../settings';
import { api } from '../api';
import type { ToBackground } from '../types';

export interface Begun { words: Record<string, string>; say(key: string, ...values: (string | number)[]): string }

export async function beginPage(titleKey: string): Promise<Begun> {
  const locale = localeOf((await loadSettings()).language), words = await wordsOf(locale);
  document.documentElement.lang = locale;
  document.title = say(words, titleKey);
  for (const element of document.querySelectorAll<HTMLElement>('[data-words]')) element.textContent = say(words, element.dataset.words!);
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) element.setAttribute('aria-label', say(words, element.dataset.label!));
  return { words, say: (key, ...values) => say(words, key, ...values) };
}

export function find<T extends HTMLElement = HTMLElement>(id: string): T { return document.getElementById(id) as T; }

export function tell(element: HTMLElement, text: string, bad = false): void {
  element.classList.toggle('bad', bad);
  element.textContent = text;
}

export const ask = <T>(message: ToBackground): Promise<T> => api.runtime.sendMessage(message) as Promise<T>;
