// Blocks on their way to the service: those near the screen first, in small requests that grow with the server's speed.
import type { BlockResult, CheckReply, Trouble } from '../types';
import type { Block } from './extract';
import { ask, Gone } from './messages';

const MAX_IN_FLIGHT = 2, MAX_BLOCKS = 60, MAX_BYTES = 30_000, FIRST_BLOCKS = 8, BEFORE_SCROLL = 200;
const QUICK = 1000, SLOW = 3000;

export interface QueueEvents {
  found(block: Block, result: BlockResult): void;
  changed(): void;
  gone(): void;
}

export class Queue {
  private readonly pending = new Map<Element, Block[]>();
  private ready: Block[] = [];
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
    this.ready = this.ready.filter(one => one !== block);
    const list = this.pending.get(block.element)?.filter(one => one !== block);
    if (list?.length) this.pending.set(block.element, list);
    else if (list) { this.pending.delete(block.element); this.observer.unobserve(block.element); }
  }

  get waiting(): number { let sum = 0; for (const list of this.pending.values()) sum += list.length; return sum; }
  get busy(): number { return this.ready.length + this.inFlight; }
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
    while (!this.stopped && !this.trouble && this.flying < MAX_IN_FLIGHT && this.ready.length && this.allowance > 0) {
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
      this.ready.unshift(...part);  // not done: kept for another try
      this.allowance += part.length;
      this.trouble = reply.trouble;
      this.retryIn = reply.retryIn;
      if (reply.retryIn !== null) window.setTimeout(() => { if (this.trouble === reply.trouble) this.resume(); }, reply.retryIn * 1000);
      return;
    }
    if (took < QUICK) this.batch = Math.min(MAX_BLOCKS, this.batch * 2);
    else if (took > SLOW) this.batch = Math.max(1, this.batch >> 1);
    this.checked += part.length;
    for (const result of reply.results) {
      const block = part[Number(result.id)];
      if (block) this.events.found(block, result);
    }
  }
}
