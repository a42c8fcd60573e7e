// What left this browser, word for word.
import { api } from '../api';
import type { Sent } from '../background/sent';
import { make } from '../content/elements';
import { beginPage, find } from './page';

void beginPage('sentTitle').then(async ({ say }) => {
  const show = async (): Promise<void> => {
    const { sent = [] } = await api.storage.session.get('sent') as { sent?: Sent[] };
    find('sent').replaceChildren(...sent.length ? [...sent].reverse().map(one => make('section', { class: 'box' },
      make('h2', {}, say('sentTo', new Date(one.at).toLocaleTimeString(document.documentElement.lang), one.server, one.texts.length)),
      ...one.texts.map(text => make('blockquote', { dir: 'auto' }, text)))) : [make('p', {}, say('sentNone'))]);
    find('forget').hidden = !sent.length;
  };
  find('forget').addEventListener('click', () => { void api.storage.session.remove('sent').then(show); });
  await show();
});
