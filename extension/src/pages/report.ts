// Tells the reader's own server of a mistake. It stands on a page of the extension, where no web page can look or type.
import { api } from '../api';
import { make } from '../content/elements';
import { loadConnection } from '../settings';
import type { Draft, FeedbackReply } from '../types';
import { ask, beginPage, find, tell, type Begun } from './page';

const WRONG = ['wrong_assessment', 'not_a_claim', 'wrong_span', 'evidence_does_not_fit', 'other'];
const MISSED = ['missed_claim', 'other'];

/** Exactly what is sent; what is empty or not ticked is not in it. */
function bodyOf(draft: Draft): Record<string, unknown> {
  const value = (id: string): string => find<HTMLInputElement>(id).value.trim();
  const ticked = (id: string): boolean => find<HTMLInputElement>(id).checked;
  const body: Record<string, unknown> = { kind: value('kind') };
  if (draft.claimId) body.claim_id = draft.claimId;
  if (draft.rule) body.rule = draft.rule;
  if (value('quote')) body.quote = value('quote');
  if (ticked('context') && draft.prefix) body.prefix = draft.prefix;
  if (ticked('context') && draft.suffix) body.suffix = draft.suffix;
  if (value('comment')) body.comment = value('comment');
  if (ticked('address') && draft.url) body.source_url = draft.url;
  if (draft.versions) body.versions = draft.versions;
  return body;
}

void beginPage('reportTitle').then(async ({ say }: Begun) => {
  const { draft } = await api.storage.session.get('draft') as { draft?: Draft };
  const connection = await loadConnection(), message = find('message');
  if (!draft || !connection) {
    find('form').hidden = true;
    return tell(message, say(connection ? 'noDraft' : 'trouble_no_server'));
  }
  find('kind').append(...(draft.kind === 'missed' ? MISSED : WRONG).map(kind => make('option', { value: kind }, say(`kind_${kind}`))));
  find<HTMLTextAreaElement>('quote').value = draft.quote;
  find('context').parentElement!.hidden = !draft.prefix && !draft.suffix;
  find('address').parentElement!.hidden = !/^https?:/.test(draft.url);
  find('preview-title').textContent = say('previewTitle', connection.server);
  const preview = (): void => { find('preview').textContent = JSON.stringify(bodyOf(draft), null, 2); };
  find('form').addEventListener('input', preview);
  preview();
  find('form').addEventListener('submit', event => {
    event.preventDefault();
    const button = find<HTMLButtonElement>('send');
    button.disabled = true;
    tell(message, say('sending'));
    void ask<FeedbackReply>({ type: 'feedback', body: bodyOf(draft) }).then(async reply => {
      if (reply.ok) {
        await api.storage.session.remove('draft');
        return tell(message, say('reportSent', reply.id));
      }
      button.disabled = false;
      return tell(message, say(`trouble_${reply.trouble}`, connection.server), true);
    });
  });
  return undefined;
});
