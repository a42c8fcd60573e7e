// The script of a page: reads its text in slices, has it checked, marks what was found, and follows what changes.
import { api } from '../api';
import { isPrivatePath } from '../hosts';
import { say } from '../say';
import { LEVELS, type BlockResult, type Dismissal, type Finding, type Scope, type Start, type Tally, type ToContent } from '../types';
import { around, blockOf, collectSliced, isReadable, toRange, type Block, type Walk } from './extract';
import { Marks, type Hit } from './marks';
import { ask } from './messages';
import { Queue } from './queue';
import { View, type Notice } from './view';

const SLICE = 8, SETTLE = 300, SETTLE_MOST = 900, SLOW_NOTICE = 4000;
const WATCHED: MutationObserverInit = {
  childList: true, subtree: true, characterData: true, attributes: true,
  attributeFilter: ['class', 'style', 'hidden', 'open', 'aria-hidden', 'contenteditable', 'lang', 'role', 'inert'],
};
const RANK = Object.fromEntries(LEVELS.map((level, rank) => [level, rank])) as Record<Finding['level'], number>;

type Found = Map<Finding, Block>;

class Page {
  private readonly walk: Walk = { ms: 0, longest: 0, elements: 0, cut: false, otherLanguage: false, anyLanguage: false };
  private readonly live = new Map<Element, Block[]>();
  private readonly loose: Found = new Map();    // alerts that have no place in the text
  private readonly below: Found = new Map();    // found, but not what the reader asked to see
  private readonly over: Found = new Map();     // more than can be marked; the list has them all
  private readonly observed = new Set<ShadowRoot>();
  private readonly marks: Marks;
  private readonly queue: Queue;
  private readonly view: View;
  private readonly mutations: MutationObserver;
  private changed = new Set<Element>();
  private settling = 0;
  private firstChange = 0;
  private lastScan = 0;
  private scanning: Promise<void> = Promise.resolve();
  private scans = 0;
  private total = 0;
  private readonly foreign = new Set<Block>();
  private body: HTMLElement | null = null;
  private cut = false;
  private wasPrivate = false;
  private current = -1;
  private slowTimer = 0;
  private stopped = false;

  constructor(private readonly setup: Start, anyLanguage = false) {
    this.walk.anyLanguage = anyLanguage;
    this.marks = new Marks(setup.settings.display === 'marks');
    this.view = new View(setup.words, setup.locale, {
      dismiss: (finding, scope) => this.dismiss(finding, scope),
      report: finding => void ask({ type: 'report', draft: draftOf(finding) }),
      missed: () => this.missed(),
      go: finding => this.go(finding),
      open: page => void ask({ type: 'open', page }),
      retry: () => void this.retry(),
      anyway: () => this.checkAnyway(),
    });
    this.view.askList = () => this.list();
    this.queue = new Queue({ found: (block, result) => this.found(block, result), changed: () => this.publish(), gone: () => this.leave() });
    this.mutations = new MutationObserver(records => this.noteChanges(records));
    this.follow();
    this.changed.clear();  // the first walk reads all of it
    this.listen();
    // Our style sheet makes the browser compute all styles once more; that is its own task, not a slice of our walk.
    afterFrame(() => this.scan([document.body]));
  }

  private say(key: string, ...values: (string | number)[]): string { return say(this.setup.words, key, ...values); }

  private readonly onScroll = (): void => { this.queue.scrolled(); this.marks.repair(); };
  private readonly onMove = throttled(() => this.marks.repair(), 500);
  private readonly onClick = (event: MouseEvent): void => this.clicked(event);
  private readonly onMessage = (message: ToContent, sender: chrome.runtime.MessageSender): void => {
    if (sender.id === api.runtime.id) void this.told(message);
  };

  private listen(): void {
    addEventListener('scroll', this.onScroll, { passive: true, capture: true });
    addEventListener('pointermove', this.onMove, { passive: true, capture: true });
    addEventListener('click', this.onClick, true);
    api.runtime.onMessage.addListener(this.onMessage);
  }

  /** Takes everything of ours off the page. */
  leave(): void {
    this.stopped = true;
    removeEventListener('scroll', this.onScroll, true);
    removeEventListener('pointermove', this.onMove, true);
    removeEventListener('click', this.onClick, true);
    try { api.runtime.onMessage.removeListener(this.onMessage); } catch { /* the extension is gone */ }
    this.mutations.disconnect();
    this.queue.stop();
    this.marks.leave();
    this.view.leave();
    window.clearTimeout(this.settling);
    window.clearTimeout(this.slowTimer);
    holder.claimcheckPage = undefined;
  }

  // --- reading ---

  /** Pages that replace their whole body are followed. */
  private follow(): void {
    if (!document.body || document.body === this.body) return;
    this.body = document.body;
    for (const above of [document, document.documentElement]) this.mutations.observe(above, { childList: true });
    this.mutations.observe(this.body, WATCHED);
    this.changed.add(this.body);
  }

  private noteChanges(records: MutationRecord[]): void {
    this.follow();
    for (const { target } of records) {
      const element = target instanceof Element ? target : around(target) ?? (target instanceof ShadowRoot ? target.host : null);
      if (element && element !== document.documentElement && element.tagName !== 'CLAIMCHECK-UI') this.changed.add(element);
    }
    if (!this.changed.size) return;
    const now = performance.now();
    this.firstChange ||= now;
    // Quiet for 300 ms, but never later than 900 ms after the first change: a page that never rests is read too.
    // A walk may take a tenth of the time at most.
    const soon = Math.max(0, Math.min(SETTLE, this.firstChange + SETTLE_MOST - now));
    const wait = Math.max(soon, this.lastScan + 10 * this.walk.ms - now);
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => this.settled(), wait);
  }

  private settled(): void {
    this.firstChange = 0;
    const blocks = new Set([...this.changed].filter(one => one.isConnected).map(one => this.rootOf(one)));
    this.changed = new Set();
    const roots = [...blocks].filter(one => { for (let up = around(one); up; up = around(up)) if (blocks.has(up)) return false; return true; });
    idle(() => this.scan(roots));
  }

  /** What is read again for a change: the block that held its words, if another did, else its own. */
  private rootOf(element: Element): Element {
    for (let up = around(element); up; up = around(up)) {
      if (this.live.get(up)?.some(block => block.segments.some(({ node }) => element.contains(node)))) return up;
    }
    return blockOf(element);
  }

  private isPrivate(): boolean { return !this.setup.messages && isPrivatePath(location.pathname); }

  private scan(roots: Element[]): void {
    this.scanning = this.scanning.then(() => this.scanNow(roots)).catch(() => undefined);
  }

  private async scanNow(roots: Element[]): Promise<void> {
    if (this.stopped) return;
    const { walk, wasPrivate } = this;
    this.wasPrivate = this.isPrivate();
    if (this.wasPrivate || wasPrivate) roots = [document.body];  // all of it is left, or read anew
    if (this.wasPrivate) {
      this.forgetWhatLeft(roots, new Set());
      this.view.closeCard(false);
      return this.publish();
    }
    Object.assign(walk, { ms: 0, longest: 0, elements: 0, cut: false });
    const kept = new Set<Block>();
    await collectSliced(roots, SLICE, walk, blocks => this.keep(blocks, kept), tree => this.watch(tree));
    if (this.stopped) return;
    // After a change that nobody could read to its end, what was not reached is kept as it was.
    this.forgetWhatLeft(walk.cut ? [] : roots, kept);
    if (walk.cut || roots.includes(document.body)) this.cut = walk.cut;
    this.markAgain(kept);
    this.scans++;
    this.lastScan = performance.now();
    this.marks.repair();
    this.publish();
  }

  /** What is new is begun at once: the top of a long page is marked while its end is still being read. */
  private keep(blocks: Block[], kept: Set<Block>): void {
    for (const block of this.stopped || this.isPrivate() ? [] : blocks) {
      const same = this.live.get(block.element)?.find(one => isSame(one, block));
      if (same) kept.add(same); else { kept.add(block); this.begin(block); }
    }
  }

  private watch(tree: ShadowRoot): void {
    if (this.observed.has(tree)) return;
    this.observed.add(tree);
    this.mutations.observe(tree, WATCHED);
  }

  private begin(block: Block): void {
    const list = this.live.get(block.element);
    if (list) list.push(block); else this.live.set(block.element, [block]);
    this.total++;
    this.queue.add(block);
  }

  private forgetWhatLeft(roots: Element[], kept: Set<Block>): void {
    const within = new Set(roots);
    for (const [element, blocks] of this.live) {
      let touched = !element.isConnected;
      for (let up: Element | null = element; up && !touched; up = around(up)) touched = within.has(up);
      if (!touched) continue;
      const left = blocks.filter(block => element.isConnected && kept.has(block));
      for (const block of blocks) if (!left.includes(block)) this.forget(block);
      if (left.length) this.live.set(element, left); else this.live.delete(element);
    }
  }

  private forget(block: Block): void {
    this.queue.remove(block);
    for (const hit of this.marks.hits.filter(one => blockOfHit.get(one) === block)) this.marks.drop(hit);
    for (const found of [this.loose, this.below, this.over]) {
      for (const [finding, of] of found) if (of === block) found.delete(finding);
    }
    this.foreign.delete(block);
    this.total--;
    if (done.has(block)) this.queue.checked--;
  }

  /** Marks whose text was put anew in the same place, and those for which there was no room before. */
  private markAgain(kept: Set<Block>): void {
    for (const hit of this.marks.hits.filter(one => one.range.collapsed)) {
      const block = blockOfHit.get(hit)!;
      if (!kept.has(block)) continue;
      this.marks.drop(hit);
      this.take(block, hit.finding);
    }
    for (const [finding, block] of this.over) {
      if (!this.marks.hasRoom) return;
      this.over.delete(finding);
      this.take(block, finding);
    }
  }

  // --- what the service found ---

  private found(block: Block, result: BlockResult): void {
    done.add(block);
    if (result.language) this.foreign.add(block);
    for (const finding of result.findings) this.take(block, finding);
    this.publish();
  }

  private take(block: Block, finding: Finding): void {
    if (this.isDismissed(finding)) return;
    if (!this.isWanted(finding)) {
      if (finding.flagged) this.below.set(finding, block);
      return;
    }
    if (finding.start < 0) { this.loose.set(finding, block); return; }
    const range = toRange(block, finding.start, finding.end);
    if (!range) return;
    if (this.marks.add(finding, range, block.element)) blockOfHit.set(this.marks.hits.at(-1)!, block);
    else this.over.set(finding, block);
  }

  private isWanted(finding: Finding): boolean {
    const { level, showSupported } = this.setup.settings;
    if (!finding.flagged) return showSupported && finding.assessment === 'supported';
    return RANK[finding.level] >= RANK[level];
  }

  private isDismissed(finding: Finding): boolean {
    return this.setup.dismissals.some(one => covers(one, finding));
  }

  // --- saying how it stands ---

  private tally(): Tally {
    const findings = [...this.marks.hits.map(hit => hit.finding), ...this.loose.keys(), ...this.over.keys()].filter(one => one.flagged);
    const high = findings.filter(one => RANK[one.level] >= RANK.high).length;
    const count = findings.length;
    if (this.wasPrivate) return { state: 'private', count, high };
    if (this.queue.trouble) return { state: 'trouble', count, high };
    if (this.isForeign()) return { state: 'language', count, high };
    if (this.queue.busy || !this.scans || !this.queue.looked && this.total) return { state: 'checking', count, high };
    return { state: this.queue.waiting || this.queue.failed.size || this.cut ? 'partial' : 'done', count, high };
  }

  /** Nothing to send because all is in another language, or nearly all that was sent is. */
  private isForeign(): boolean {
    if (this.walk.anyLanguage) return false;
    if (!this.total) return this.scans > 0 && this.walk.otherLanguage;
    return this.queue.checked >= 5 && this.foreign.size > this.queue.checked * .8;
  }

  private publish(): void {
    if (this.stopped) return;
    const tally = this.tally(), told = JSON.stringify(tally);
    if (told !== this.lastTold) { this.lastTold = told; void ask({ type: 'tally', tally }).catch(() => undefined); }
    this.queue.pause(this.isForeign() || this.isPrivate());
    const settled = tally.state !== 'checking';
    if (this.setup.settings.display === 'marks' || tally.state === 'trouble') this.view.notice(this.notice(tally), settled);
    else this.view.calm();
    this.watchForSlowness(tally);
    if (TEST_BUILD) document.documentElement.dataset.claimcheck = JSON.stringify({ ...tally, ...this.walk, scans: this.scans, checked: this.queue.checked, total: this.total });
  }
  private lastTold = '';

  private notice(tally: Tally): Notice {
    const { trouble, retryIn } = this.queue;
    if (trouble) {
      const wait = retryIn === null ? '' : ' ' + this.say('tryingAgain', retryIn);
      const action = ['no_server', 'refused', 'forbidden', 'stranger'].includes(trouble) ? 'options' : 'retry';
      return { text: this.say(`trouble_${trouble}`, this.setup.server) + wait, trouble: true, action };
    }
    if (tally.state === 'private') return { text: this.say('statePrivate'), trouble: false, action: null };
    if (tally.state === 'language') return { text: this.say('stateLanguage'), trouble: false, action: 'anyway' };
    if (tally.state === 'checking') return { text: this.say('stateChecking', this.queue.checked, this.total), trouble: false, action: null };
    return { text: this.summary(tally), trouble: false, action: tally.count || this.below.size ? 'list' : null };
  }

  private summary(tally: Tally): string {
    const { count, high } = tally;
    const found = count === 0 ? this.say('stateNone') : count === 1 ? this.say('stateOne', high) : this.say('stateMany', count, high);
    const { failed } = this.queue, missing = failed.size ? this.say('stateFailed', failed.size) : '';
    const partial = this.cut ? this.say('stateCut') : this.queue.waiting ? this.say('statePartial') : '';
    const given = this.marks.givenUp ? this.say('stateCleared') : '';
    return [found, partial, missing, given].filter(text => text).join(' ');
  }

  private watchForSlowness({ state }: Tally): void {
    window.clearTimeout(this.slowTimer);
    if (state !== 'checking') return;
    this.slowTimer = window.setTimeout(() => {
      if (!this.stopped && !this.queue.trouble && this.queue.busy) {
        this.view.notice({ text: this.say('stateWaiting', this.queue.checked, this.total), trouble: false, action: null }, false);
      }
    }, SLOW_NOTICE);
  }

  // --- what the reader does ---

  private clicked(event: MouseEvent): void {
    if (this.view.contains(event)) return;
    this.marks.repair();
    const target = event.composedPath()[0];
    const active = target instanceof Element && target.closest('a, button, input, label, select, textarea, summary, [role=button], [role=link], [contenteditable]');
    const hit = !active || event.altKey ? this.marks.at(event.clientX, event.clientY, [...this.observed]) : undefined;
    if (!hit) { this.view.closeCard(false); return; }
    if (active) { event.preventDefault(); event.stopPropagation(); }
    this.show(hit);
  }

  private show(hit: Hit): void {
    this.current = this.marks.ordered().indexOf(hit);
    this.view.showCard(hit.finding, hit.range.getBoundingClientRect());
  }

  private step(by: 1 | -1): void {
    const hits = this.marks.ordered();
    if (!hits.length) { this.list(); return; }
    const next = this.current < 0 && by < 0 ? hits.length - 1 : (this.current + by + hits.length) % hits.length;
    this.reveal(hits[next]);
    this.current = next;
  }

  private reveal(hit: Hit): void {
    around(hit.range.startContainer)?.scrollIntoView({ block: 'center', behavior: 'instant' });
    this.show(hit);
  }

  private go(finding: Finding): void {
    const hit = this.marks.hits.find(one => one.finding === finding);
    if (hit) this.reveal(hit);
    else this.view.showCard(finding, new DOMRect(innerWidth / 3, 40, 0, 0));
  }

  private list(): void {
    const findings = [...this.loose.keys(), ...this.marks.ordered().map(hit => hit.finding), ...this.over.keys()];
    const notes = [
      this.below.size ? this.say('belowLevel', this.below.size) : '',
      this.over.size ? this.say('moreThanMarked', this.over.size) : '',
    ];
    this.view.toggleList(findings, this.notice(this.tally()).text, notes.filter(text => text).join(' '));
  }

  private dismiss(finding: Finding, scope: Scope): void {
    const { id, exact, prefix, suffix } = finding;
    void ask({ type: 'dismiss', scope, finding: { id, exact, prefix, suffix } });
    this.setup.dismissals.push({ id, exact, prefix, suffix, scope, host: '', page: '', at: '' });
    for (const hit of [...this.marks.hits]) if (this.isDismissed(hit.finding)) this.marks.drop(hit);
    for (const found of [this.loose, this.over]) for (const one of found.keys()) if (this.isDismissed(one)) found.delete(one);
    this.markAgain(new Set());
    this.publish();
  }

  private missed(): void {
    const quote = readableSelection();
    void ask({ type: 'report', draft: { kind: 'missed', rule: '', claimId: '', quote, prefix: '', suffix: '', versions: null } });
  }

  private checkAnyway(): void {
    this.leave();
    holder.claimcheckPage = new Page(this.setup, true);
  }

  private async retry(): Promise<void> {
    await ask({ type: 'retry' }).catch(() => undefined);
    this.queue.resume();
  }

  private async told(message: ToContent): Promise<void> {
    if (message.type === 'settings') return this.restart();
    if (message.name === 'next') this.step(1);
    else if (message.name === 'previous') this.step(-1);
    else if (message.name === 'list') this.list();
    else if (this.scans && Date.now() - this.born > 1000) this.list();  // a second click on the button
  }
  private readonly born = Date.now();

  /** The reader chose otherwise: begin anew under the new choices; the session's memory answers most of it. */
  private async restart(): Promise<void> {
    const setup = await ask<Start>({ type: 'start', again: true });
    if (this.stopped) return;
    this.leave();
    if (setup?.allowed) holder.claimcheckPage = new Page(setup);
  }
}

const blockOfHit = new WeakMap<Hit, Block>();
const done = new WeakSet<Block>();

function isSame(old: Block, fresh: Block): boolean {
  return old.text === fresh.text && old.segments.length === fresh.segments.length
    && old.segments.every((segment, index) => segment.node === fresh.segments[index].node && segment.at === fresh.segments[index].at);
}

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();

/** On a page the very place is meant: same claim, same words, same words around; elsewhere the same words are. */
function covers(dismissed: Dismissal, finding: Finding): boolean {
  if (flat(dismissed.exact) !== flat(finding.exact)) return false;
  if (!finding.exact) return dismissed.id === finding.id;
  if (dismissed.scope !== 'page') return true;
  return dismissed.prefix === finding.prefix && dismissed.suffix === finding.suffix;
}

function draftOf(finding: Finding): { kind: 'wrong'; rule: string; claimId: string; quote: string; prefix: string; suffix: string; versions: Finding['versions'] } {
  const { rule, id, exact, prefix, suffix, versions, kind } = finding;
  return { kind: 'wrong', rule, claimId: kind === 'claim' ? id : '', quote: exact, prefix, suffix, versions };
}

/** What the reader selected, unless it stands where nothing is read. */
function readableSelection(): string {
  const selection = getSelection();
  const at = selection?.anchorNode, element = at instanceof Element ? at : at ? around(at) : null;
  return selection && element && isReadable(element) ? selection.toString().slice(0, 2000) : '';
}

/** At most once in `wait` milliseconds, and once more after the last call. */
function throttled(work: () => void, wait: number): () => void {
  let last = -wait, timer = 0;
  const run = (): void => { last = performance.now(); timer = 0; work(); };
  return () => {
    const left = last + wait - performance.now();
    if (left <= 0) run(); else timer ||= window.setTimeout(run, left);
  };
}

/** After the next picture is drawn; a page that is not looked at draws none. */
function afterFrame(work: () => void): void {
  let begun = false;
  const once = (): void => { if (!begun) { begun = true; work(); } };
  requestAnimationFrame(() => setTimeout(once, 0));
  setTimeout(once, 150);
}

function idle(work: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(work, { timeout: 400 }); else setTimeout(work, 1);
}

// --- begin, once a page ---

interface Holder { claimcheckPage?: Page | true }
const holder = globalThis as unknown as Holder;

async function begin(): Promise<void> {
  if (holder.claimcheckPage || !document.body) return;
  holder.claimcheckPage = true;  // a second script of ours must not begin while the first one asks
  try {
    const setup = await ask<Start>({ type: 'start' });
    holder.claimcheckPage = setup?.allowed ? new Page(setup) : undefined;
  } catch {
    holder.claimcheckPage = undefined;
  }
}

void begin();
