// A finding in words: both axes, how sure the text is, what is known, where it says so, and why. Shared by page and extension pages.
import { link, make } from './content/elements';
import { say } from './say';
import type { Finding } from './types';

export type Words = Record<string, string>;

export const assessmentWords = (finding: Finding, words: Words): string =>
  finding.assessment ? say(words, `assessment_${finding.assessment}`) : say(words, 'assessment_alert');
export const levelWords = (finding: Finding, words: Words): string => say(words, `level_${finding.level}`);

function axis(label: string, value: string, look: string): HTMLElement {
  return make('div', { class: `axis ${look}` }, make('dt', {}, label), make('dd', {}, value));
}

export function axes(finding: Finding, words: Words): HTMLElement {
  return make('dl', { class: 'axes' },
    axis(say(words, 'axisEvidence'), assessmentWords(finding, words), `as-${finding.assessment ?? 'alert'}`),
    axis(say(words, 'axisRisk'), levelWords(finding, words), `level-${finding.level}`));
}

/** The claim as it was understood, in one line. */
export function understood(finding: Finding, words: Words): string {
  if (!finding.relation) return '';
  const relation = say(words, `${finding.negated ? 'not_' : ''}relation_${finding.relation}`);
  const parts = [finding.intervention || say(words, 'something'), relation, finding.target];
  return parts.filter(part => part).join(' ');
}

function part(title: string, ...children: (Node | null)[]): Node[] {
  const there = children.filter(child => child !== null);
  return there.length ? [make('h3', {}, title), ...there] : [];
}

function references(finding: Finding, words: Words): HTMLElement | null {
  if (!finding.references.length) return null;
  return make('ul', { class: 'refs' }, ...finding.references.map(one => make('li', {},
    link(one.url, one.title), make('span', { class: 'quiet', dir: 'auto' },
      ` ${one.publisher}, ${one.published ?? say(words, 'undated')}. ${say(words, 'opened', one.retrieved)}`))));
}

function manner(finding: Finding, words: Words): string {
  if (!finding.certainty) return '';
  const parts = [say(words, `certainty_${finding.certainty}`)];
  if (finding.stance && finding.stance !== 'asserted') parts.push(say(words, `stance_${finding.stance}`));
  return parts.join(' ');
}

function why(finding: Finding, words: Words): HTMLElement {
  const { versions, probability } = finding;
  const facts = [
    finding.explanation,
    finding.rule ? say(words, 'whyRule', finding.rule) : '',
    probability === null ? '' : say(words, 'whyProbability', Math.round(probability * 100)),
    say(words, 'whyVersions', versions.model, versions.kb),
  ].filter(fact => fact);
  return make('details', {}, make('summary', {}, say(words, 'why')), ...facts.map(fact => make('p', { class: 'quiet' }, fact)));
}

/** Everything below the headline of a finding. */
export function body(finding: Finding, words: Words): Node[] {
  const evidence = finding.evidence
    ? make('p', { class: 'told' }, say(words, `evidence_${finding.evidence}`) + (finding.asOf ? ` (${say(words, 'asOf', finding.asOf)})` : '')) : null;
  const line = understood(finding, words), how = manner(finding, words);
  return [
    axes(finding, words),
    ...part(say(words, 'partClaim'),
      line ? make('p', { class: 'quiet' }, say(words, 'understoodAs', line)) : null,
      how ? make('p', { class: 'quiet' }, how) : null),
    ...part(say(words, 'partKnown'), evidence, ...finding.known.map(text => make('p', { class: 'told' }, text))),
    ...part(say(words, 'partRisk'), ...finding.risks.map(text => make('p', { class: 'told' }, text))),
    ...part(say(words, 'partReferences'), references(finding, words)),
    why(finding, words),
  ];
}

/** The finding as plain text, for the clipboard. */
export function plain(finding: Finding, words: Words): string {
  return [
    finding.exact && `“${finding.exact}”`,
    `${say(words, 'axisEvidence')}: ${assessmentWords(finding, words)}. ${say(words, 'axisRisk')}: ${levelWords(finding, words)}.`,
    manner(finding, words), ...finding.known, ...finding.risks,
    ...finding.references.map(one => `${one.title}, ${one.publisher}, ${one.published ?? say(words, 'undated')}: ${one.url}`),
    say(words, 'whyVersions', finding.versions.model, finding.versions.kb),
  ].filter(line => line).join('\n');
}
