// A text that its reader selected and asked about, marked, with what was found below it.
import { api } from '../api';
import { make } from '../content/elements';
import { body } from '../findingView';
import type { CheckReply, Finding } from '../types';
import { ask, beginPage, find, tell, type Begun } from './page';

interface Selected { text: string; editable: boolean; shortened?: boolean }

function marked(text: string, findings: Finding[]): Node[] {
  const parts: Node[] = [];
  let done = 0;
  findings.forEach((finding, index) => {
    if (finding.start < done) return;  // inside or across another: listed below all the same
    parts.push(document.createTextNode(text.slice(done, finding.start)));
    const look = finding.level === 'critical' ? 'high' : finding.level;
    parts.push(make('a', { href: `#finding-${index}` }, make('mark', { class: look }, text.slice(finding.start, finding.end))));
    done = finding.end;
  });
  return [...parts, document.createTextNode(text.slice(done))];
}

async function run({ say, words }: Begun): Promise<void> {
  const { selection } = await api.storage.session.get('selection') as { selection?: Selected };
  const message = find('message'), text = selection?.text.trim() ?? '';
  if (!text) return tell(message, say(selection?.editable ? 'selectionEditable' : 'selectionNone'));
  find('text').hidden = false;
  find('text').textContent = text;
  tell(message, say('selectionChecking'));
  const reply = await ask<CheckReply>({ type: 'checkText', text });
  find('retry').hidden = reply.ok;
  if (!reply.ok) {
    const { server } = await api.storage.local.get('server');
    return tell(message, say(`trouble_${reply.trouble}`, String(server ?? '')), true);
  }
  const failed = reply.results.filter(result => result.error).length;
  const notes = [failed ? say('stateFailed', failed) : '', selection?.shortened ? say('selectionShortened') : ''];
  const add = (said: string): string => [said, ...notes].filter(note => note).join(' ');
  find('retry').hidden = !failed;
  const findings = reply.results.flatMap(result => result.findings).filter(one => one.flagged || one.assessment === 'supported');
  const high = findings.filter(one => one.level === 'high' || one.level === 'critical').length;
  const count = findings.length;
  if (!count && reply.results.some(result => result.language)) return tell(message, add(say('selectionLanguage')));
  // Nothing could be checked: "no claim found" would not be true.
  if (!count && failed === reply.results.length) return tell(message, add(''), true);
  tell(message, add(count === 0 ? say('stateNone') : count === 1 ? say('stateOne', high) : say('stateMany', count, high)));
  find('text').replaceChildren(...marked(text, findings));
  find('findings').replaceChildren(...findings.map((finding, index) =>
    make('section', { class: 'box', id: `finding-${index}` }, make('h2', { dir: 'auto' }, finding.exact || finding.risks[0] || ''), ...body(finding, words))));
}

void beginPage('selectionTitle').then(begun => {
  find('retry').addEventListener('click', () => { void ask({ type: 'retry' }).then(() => run(begun)); });
  return run(begun);
});
