// Blocks on their way to the service: those near the screen first, in small requests that grow with the server's speed.
import type { BlockResult, CheckReply, Trouble } from '../types';
import type { Block } from './extract';
import { ask, Gone } from './messages';

const MAX_IN_FLIGHT = 2, MAX_BLOCKS = 60, MAX_BYTES = 30_000, FIRST_BLOCKS = 8, BEFORE_SCROLL = 200;
const QUICK = 1000, SLOW = 3000, MAX_TRIES = 3;

export interface QueueEvents {
  found(block: Block, result: BlockResult): void;
  changed(): void;
  gone(): void;
}

export class Queue {
  private readonly pending = new Map<Element, Block[]>();
  private ready: Block[] = [];
  private readonly gone = new WeakSet<Block>();
  private readonly tries = new WeakMap<Block, number>();
  private paused = false;
  /** What the service could not check, several times. */
  readonly failed = new Set<Block>();
  private flying = 0;
  private batch = FIRST_BLOCKS;
  private allowance = BEFORE_SCROLL;
  private timer = 0;
  private stopped = false;
  private readonly observer: IntersectionObserver;
  trouble: Trouble | null = null;
  retryIn: number | null = null;
  checked = 0;
  /** Whether the browser has said what stands near the screen. */
  looked = false;

  constructor(private readonly events: QueueEvents) {
    // One screen above and below; the rest is sent when its reader comes near.
    document.addEventListener('visibilitychange', this.onVisible);
    this.observer = new IntersectionObserver(entries => this.seen(entries), { rootMargin: '100% 0px' });
  }

  add(block: Block): void {
    const list = this.pending.get(block.element);
    if (list) { list.push(block); return; }
    this.pending.set(block.element, [block]);
    this.observer.observe(block.element);
  }

  /** Forgets a block that left the page. */
  remove(block: Block): void {
    this.gone.add(block);
    this.failed.delete(block);
    this.ready = this.ready.filter(one => one !== block);
    const list = this.pending.get(block.element)?.filter(one => one !== block);
    if (list?.length) this.pending.set(block.element, list);
    else if (list) { this.pending.delete(block.element); this.observer.unobserve(block.element); }
  }

  get waiting(): number { let sum = this.allowance > 0 ? 0 : this.ready.length; for (const list of this.pending.values()) sum += list.length; return sum; }
  get busy(): number { return this.inFlight + (this.allowance > 0 ? this.ready.length : 0); }
  private inFlight = 0;

  scrolled(): void {
    if (this.allowance >= BEFORE_SCROLL) return;
    this.allowance = BEFORE_SCROLL;
    this.schedule(50);
  }

  /** Everything that was refused may be tried again now. */
  resume(): void {
    this.trouble = null;
    this.retryIn = null;
    this.schedule(0, true);
  }

  pause(paused: boolean): void {
    if (this.paused && !paused) this.schedule(0);
    this.paused = paused;
  }

  private readonly onVisible = (): void => { if (!document.hidden) this.schedule(0); };

  stop(): void {
    document.removeEventListener('visibilitychange', this.onVisible);
    this.stopped = true;
    this.observer.disconnect();
    window.clearTimeout(this.timer);
    this.pending.clear();
    this.ready = [];
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    this.looked = true;
    const near = entries.filter(entry => entry.isIntersecting);
    const onScreen = (entry: IntersectionObserverEntry): boolean =>
      entry.boundingClientRect.bottom > 0 && entry.boundingClientRect.top < innerHeight;
    near.sort((a, b) => Number(onScreen(b)) - Number(onScreen(a)));
    for (const { target } of near) {
      this.observer.unobserve(target);
      this.ready.push(...this.pending.get(target) ?? []);
      this.pending.delete(target);
    }
    if (near.length) this.schedule(20); else this.events.changed();
  }

  private schedule(wait: number, sooner = false): void {
    if (this.stopped || (this.timer && !sooner)) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.timer = 0; this.pump(); }, wait);
  }

  private pump(): void {
    if (document.hidden) return;  // goes on when the page is looked at again
    this.events.changed();
    while (!this.stopped && !this.paused && !this.trouble && this.flying < MAX_IN_FLIGHT && this.ready.length && this.allowance > 0) {
      void this.send(this.take());
    }
    this.events.changed();
  }

  private take(): Block[] {
    const most = Math.min(this.batch, this.allowance, MAX_BLOCKS), encoder = new TextEncoder();
    let bytes = 0, count = 0;
    while (count < most && count < this.ready.length) {
      bytes += encoder.encode(JSON.stringify(this.ready[count].text)).length + 24;
      if (count && bytes > MAX_BYTES) break;
      count++;
    }
    const taken = this.ready.splice(0, count);
    this.allowance -= taken.length;
    return taken;
  }

  private async send(part: Block[]): Promise<void> {
    this.flying++;
    this.inFlight += part.length;
    const began = performance.now();
    try {
      const blocks = part.map((block, index) => ({ id: String(index), text: block.text }));
      this.settle(part, await ask<CheckReply>({ type: 'check', blocks }), performance.now() - began);
    } catch (error) {
      if (error instanceof Gone) return this.events.gone();
      this.settle(part, { ok: false, trouble: 'broken', retryIn: 5 }, 0);
    } finally {
      this.flying--;
      this.inFlight -= part.length;
      this.schedule(0, true);
    }
  }

  private settle(part: Block[], reply: CheckReply, took: number): void {
    if (!reply.ok) {
      this.putBack(part);
      if (reply.trouble === 'slow') this.batch = Math.max(1, this.batch >> 1);
      this.trouble = reply.trouble;
      this.retryIn = reply.retryIn;
      if (reply.retryIn !== null) window.setTimeout(() => { if (this.trouble === reply.trouble) this.resume(); }, reply.retryIn * 1000);
      return;
    }
    if (took < QUICK) this.batch = Math.min(MAX_BLOCKS, this.batch * 2);
    else if (took > SLOW) this.batch = Math.max(1, this.batch >> 1);
    const results = new Map(reply.results.map(result => [result.id, result])), again: Block[] = [];
    part.forEach((block, index) => {
      const result = results.get(String(index));
      if (this.gone.has(block)) return;
      if (result && !result.error) { this.checked++; this.events.found(block, result); return; }
      const tries = (this.tries.get(block) ?? 0) + 1;
      this.tries.set(block, tries);
      if (tries < MAX_TRIES) again.push(block); else this.failed.add(block);
    });
    if (!again.length) return;
    this.batch = Math.max(1, Math.min(this.batch, part.length) >> 1);
    this.putBack(again);
  }

  /** Not done: kept for another try, but for what left the page meanwhile. */
  private putBack(blocks: Block[]): void {
    this.allowance += blocks.length;
    this.ready.unshift(...blocks.filter(block => !this.gone.has(block)));
  }
}
