// A report of the service turned into what is shown. Nothing is believed: a place that does not hold the quoted words is dropped.
import type { Alert, Claim, Finding, Reference, Report } from '../types';

const MAX_FINDINGS = 100, MAX_REFERENCES = 3, MAX_TEXT = 2000;

const short = (text: unknown, most = MAX_TEXT): string => (typeof text === 'string' ? text.slice(0, most) : '');
const isWeb = (reference: Reference): boolean => /^https?:\/\//.test(reference.url) && reference.url.length <= MAX_TEXT;

/** Up to three different documents: those on the evidence first, then those on the risk. */
function references(...groups: Reference[][]): Reference[] {
  const found = new Map<string, Reference>();
  for (const one of groups.flat()) if (isWeb(one) && !found.has(one.url)) found.set(one.url, one);
  return [...found.values()].slice(0, MAX_REFERENCES).map(({ title, publisher, url, published, retrieved }) => ({
    title: short(title, 300), publisher: short(publisher, 200), url, published: published ? short(published, 40) : null,
    retrieved: short(retrieved, 40),
  }));
}

function place(span: Claim['span'] | null, text: string): { start: number; end: number } | null {
  if (!span) return { start: -1, end: -1 };
  const { start_utf16: start, end_utf16: end, exact } = span;
  return text.slice(start, end) === exact && end > start ? { start, end } : null;
}

function ofClaim(claim: Claim, text: string, versions: Finding['versions']): Finding | null {
  const at = place(claim.span, text);
  if (!at) return null;
  return {
    kind: 'claim', ...at, id: short(claim.id, 100), exact: claim.span.exact, prefix: short(claim.span.prefix, 32),
    suffix: short(claim.span.suffix, 32), level: claim.risk.level, flagged: claim.flagged, assessment: claim.assessment,
    certainty: claim.certainty, stance: claim.stance, relation: claim.relation, negated: claim.polarity === 'negated',
    intervention: short(claim.intervention?.concept?.name ?? claim.intervention?.text, 200),
    target: short(claim.target?.concept?.name ?? claim.target?.text, 200),
    evidence: claim.evidence.status, asOf: short(claim.evidence.as_of, 40),
    known: claim.evidence.statements.slice(0, 2).map(one => short(one.summary)),
    risks: claim.risk.flags.slice(0, 3).map(flag => short(flag.message)),
    references: references(claim.evidence.statements.flatMap(one => one.references), claim.risk.flags.flatMap(one => one.references)),
    explanation: short(claim.explanation), rule: short(claim.risk.flags[0]?.rule, 200), probability: claim.probability, versions,
  };
}

function ofAlert(alert: Alert, text: string, index: number, versions: Finding['versions']): Finding | null {
  const at = place(alert.span, text);
  if (!at) return null;
  return {
    kind: 'alert', ...at, id: `${short(alert.rule, 100)}#${index}`, exact: alert.span?.exact ?? '',
    prefix: short(alert.span?.prefix, 32), suffix: short(alert.span?.suffix, 32), level: alert.level, flagged: true,
    assessment: null, certainty: null, stance: null, relation: null, negated: false, intervention: '', target: '',
    evidence: null, asOf: '', known: [], risks: [short(alert.message)], references: references(alert.references),
    explanation: '', rule: short(alert.rule, 200), probability: null, versions,
  };
}

/**
 * Findings of one text, in the order of the text.
 *
 * @throws TypeError where the report has not the shape of the contract
 */
export function findingsOf(report: Report, text: string): Finding[] {
  const { model, kb, claimcheck, rules, policy } = report.versions, versions = { model, kb, claimcheck, rules, policy };
  const all = [
    ...report.claims.map(claim => ofClaim(claim, text, versions)),
    ...report.alerts.map((alert, index) => ofAlert(alert, text, index, versions)),
  ];
  return all.filter(one => one !== null).slice(0, MAX_FINDINGS).sort((a, b) => a.start - b.start);
}

/** Whether the service said that it does not read this language. */
export const isOtherLanguage = (report: Report): boolean =>
  report.warnings.some(warning => warning.code === 'unsupported_language');
