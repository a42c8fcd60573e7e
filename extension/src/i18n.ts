// Words in the language that the reader chose. The browser's own look-up knows only the browser's language.
import { api } from './api';
import type { Settings } from './types';

type Words = Record<string, string>;
const LOCALES = ['en', 'de'];
const loaded = new Map<string, Promise<Words>>();

export function localeOf(language: Settings['language']): string {
  const wanted = language === 'auto' ? api.i18n.getUILanguage().split('-')[0] : language;
  return LOCALES.includes(wanted) ? wanted : 'en';
}

async function load(locale: string): Promise<Words> {
  const reply = await fetch(api.runtime.getURL(`_locales/${locale}/messages.json`));
  const messages = await reply.json() as Record<string, { message: string }>;
  return Object.fromEntries(Object.entries(messages).map(([key, { message }]) => [key, message]));
}

/** All words of a language, read from the package once. */
export function wordsOf(locale: string): Promise<Words> {
  const known = loaded.get(locale) ?? load(locale);
  loaded.set(locale, known);
  return known;
}
