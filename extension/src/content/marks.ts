// Marks painted by the CSS Custom Highlight API: nothing in the page's tree changes.
import type { Finding, Level } from '../types';

export interface Hit { finding: Finding; range: Range; host: Element }
type Paint = 'high' | 'moderate' | 'low' | 'supported';
const PAINTS: readonly Paint[] = ['supported', 'low', 'moderate', 'high'];
const MAX_RANGES = 500, MAX_REPAIRS = 20;

interface Registry extends Map<string, Highlight> {
  highlightsFromPoint?: (x: number, y: number, options?: { shadowRoots: ShadowRoot[] }) => { highlight: Highlight; ranges: Range[] }[];
}

const registry = (): Registry | undefined => (CSS as unknown as { highlights?: Registry }).highlights;

export const paintOf = (level: Level, flagged: boolean): Paint => {
  if (!flagged) return 'supported';
  return level === 'critical' || level === 'high' ? 'high' : level === 'moderate' ? 'moderate' : 'low';
};

export class Marks {
  readonly hits: Hit[] = [];
  private readonly highlights = new Map<Paint, Highlight>();
  private repairs = 0;
  private gone = false;

  constructor(private readonly painted: boolean) {
    if (!painted || !registry()) return;  // no fallback by wrapping: the list shows what was found
    PAINTS.forEach((paint, priority) => {
      const highlight = new Highlight();
      highlight.priority = priority;
      this.highlights.set(paint, highlight);
    });
    this.register();
  }

  private register(): void {
    const known = registry();
    for (const [paint, highlight] of this.highlights) known?.set(`claimcheck-${paint}`, highlight);
  }

  /** Puts back what the page cleared, a limited number of times: a page that insists is let be. */
  repair(): void {
    const known = registry();
    // A repair that was put off must not take the place of those who came after.
    if (!this.painted || this.gone || !known || this.repairs >= MAX_REPAIRS) return;
    let broken = false;
    for (const [paint, highlight] of this.highlights) {
      const mine = this.hits.filter(hit => paintOf(hit.finding.level, hit.finding.flagged) === paint);
      broken ||= known.get(`claimcheck-${paint}`) !== highlight || highlight.size < Math.min(mine.length, 1);
      if (broken) for (const hit of mine) highlight.add(hit.range);
    }
    if (!broken) return;
    this.repairs++;
    this.register();
  }

  /** Whether the page keeps clearing marks. */
  get givenUp(): boolean { return this.repairs >= MAX_REPAIRS; }

  get hasRoom(): boolean { return this.hits.length < MAX_RANGES; }

  add(finding: Finding, range: Range, host: Element): boolean {
    if (!this.hasRoom) return false;
    this.hits.push({ finding, range, host });
    this.highlights.get(paintOf(finding.level, finding.flagged))?.add(range);
    return true;
  }

  drop(hit: Hit): void {
    const index = this.hits.indexOf(hit);
    if (index < 0) return;
    this.hits.splice(index, 1);
    this.highlights.get(paintOf(hit.finding.level, hit.finding.flagged))?.delete(hit.range);
  }

  leave(): void {
    this.gone = true;
    for (const hit of [...this.hits]) this.drop(hit);
    const known = registry();
    for (const [paint, highlight] of this.highlights) {
      if (known?.get(`claimcheck-${paint}`) === highlight) known.delete(`claimcheck-${paint}`);
    }
  }

  /** Reading order, as the page shows it. */
  ordered(): Hit[] {
    const where = (hit: Hit): DOMRect => hit.range.getBoundingClientRect();
    return this.hits.map(hit => ({ hit, at: where(hit) })).sort((a, b) => a.at.top - b.at.top || a.at.left - b.at.left).map(one => one.hit);
  }

  /** The mark under a point: the riskiest where several lie there. */
  at(x: number, y: number, roots: ShadowRoot[]): Hit | undefined {
    const known = registry();
    if (known?.highlightsFromPoint) {
      const ranges = new Set(known.highlightsFromPoint(x, y, { shadowRoots: roots }).flatMap(one => one.ranges));
      const found = this.hits.filter(hit => ranges.has(hit.range)).sort(byRisk)[0];
      if (found) return found;
      if (!roots.length) return undefined;
    }
    return this.hits.filter(hit => covers(hit.range, x, y)).sort(byRisk)[0];
  }
}

const RANK: Record<Level, number> = { none: 0, low: 1, moderate: 2, high: 3, critical: 4 };
const byRisk = (a: Hit, b: Hit): number => RANK[b.finding.level] - RANK[a.finding.level];

function covers(range: Range, x: number, y: number): boolean {
  const box = range.getBoundingClientRect();
  if (x < box.left || x > box.right || y < box.top || y > box.bottom) return false;
  return [...range.getClientRects()].some(rect => x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom);
}
