// Visible text blocks, with (Text node, node offset, block offset) segments so that the service's offsets map back exactly.

export interface Segment { node: Text; at: number; length: number; from: number }
export interface Block { element: Element; text: string; segments: Segment[] }
export interface Walk { ms: number; longest: number; elements: number; cut: boolean; otherLanguage: boolean; anyLanguage: boolean }

const SKIPPED = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'TEXTAREA', 'INPUT', 'SELECT', 'OPTION', 'DATALIST', 'BUTTON',
  'CODE', 'PRE', 'KBD', 'SAMP', 'SVG', 'MATH', 'IFRAME', 'FRAME', 'OBJECT', 'EMBED', 'CANVAS', 'VIDEO', 'AUDIO', 'NAV', 'FOOTER',
  'CLAIMCHECK-UI']);
const SKIPPED_ROLES = new Set(['navigation', 'contentinfo', 'textbox', 'searchbox', 'combobox', 'menu', 'menubar', 'toolbar', 'code']);
const INLINE = /^(inline|contents|ruby)/;
const MAX_BLOCK = 8000, MAX_DEPTH = 500;
export const MAX_ELEMENTS = 20_000, MAX_WALK_MS = 1500;

type Rooted = Element & { openOrClosedShadowRoot?: ShadowRoot | null };
const dom = (globalThis as unknown as { chrome?: { dom?: { openOrClosedShadowRoot?: (element: Element) => ShadowRoot | null } } }).chrome?.dom;

export function shadowOf(element: Element): ShadowRoot | null {
  if (element.tagName === 'DETAILS') return null;  // the browser's own
  if (dom?.openOrClosedShadowRoot && element instanceof HTMLElement) return dom.openOrClosedShadowRoot(element);
  return (element as Rooted).openOrClosedShadowRoot ?? element.shadowRoot;
}

/** The element around, through the edge of a shadow tree. */
export function around(node: Node): Element | null {
  const parent = node.parentNode;
  if (parent instanceof ShadowRoot) return parent.host;
  return parent instanceof Element ? parent : null;
}

/** Whether an element and all in it is never read, whatever it looks like. */
function isPrivate(element: HTMLElement): boolean {
  if (SKIPPED.has(element.tagName.toUpperCase()) || element.isContentEditable || element.hidden || element.inert) return true;
  if (element.getAttribute('aria-hidden') === 'true') return true;
  const role = element.getAttribute('role');
  return role !== null && SKIPPED_ROLES.has(role.trim().toLowerCase());
}

const isUnseen = (style: CSSStyleDeclaration): boolean =>
  style.display === 'none' || style.visibility !== 'visible' || style.opacity === '0' || style.fontSize === '0px'
  || style.contentVisibility === 'hidden' || /^inset\((?:50|100)%/.test(style.clipPath);

/** Cut down to a point, as pages do with what only screen readers shall say. */
function isClipped(element: Element, style: CSSStyleDeclaration): boolean {
  if (style.position === 'absolute' && /^rect\((\d)px,? \1px,? \1px,? \1px\)/.test(style.clip)) return true;
  if (style.overflowX !== 'hidden' && style.overflowX !== 'clip' || element === document.body) return false;
  return parseFloat(style.width) <= 1 || parseFloat(style.height) <= 1;
}

const isHidden = (element: Element, style: CSSStyleDeclaration): boolean => isUnseen(style) || isClipped(element, style);

/** What stands in the slots of a shadow tree that are shown; all else in its host is not seen. */
function slotted(tree: ShadowRoot): Set<Node> {
  const shown = new Set<Node>();
  for (const slot of tree.querySelectorAll('slot')) {
    const nodes = slot.assignedNodes();
    if (nodes.length && isReadable(slot, tree.host)) for (const node of nodes) shown.add(node);
  }
  return shown;
}

/** Whether text in this element may be read: nothing around it is private or hidden. */
export function isReadable(element: Element, within?: Element): boolean {
  for (let one: Element | null = element; one && one !== within; one = around(one)) {
    if (isPrivate(one as HTMLElement)) return false;
    if (one !== document.documentElement && isHidden(one, getComputedStyle(one))) return false;
    const parent = around(one), tree = parent && one.parentNode === parent && shadowOf(parent);
    if (tree && !slotted(tree).has(one)) return false;
    if (parent?.tagName === 'DETAILS' && !(parent as HTMLDetailsElement).open && one.tagName !== 'SUMMARY') return false;
  }
  return true;
}

/** The block that an inline element belongs to: what has to be read again when it changes. */
export function blockOf(element: Element): Element {
  let one = element;
  for (let depth = 0; depth < MAX_DEPTH && one !== document.body && INLINE.test(getComputedStyle(one).display); depth++) {
    const parent = around(one);
    if (!parent) break;
    one = parent;
  }
  return one;
}

/** The service reads English: what declares another language is not sent. */
export function isEnglish(language: string): boolean {
  return language === '' || /^en(?![a-z])/i.test(language.trim());
}

export function languageAt(element: Element): string {
  for (let one: Element | null = element; one; one = around(one)) {
    const language = one.getAttribute('lang');
    if (language) return language;
  }
  return '';
}

/** Two words with letters at least; less makes no claim. Linear in the text. */
function hasWords(text: string): boolean {
  let words = 0;
  for (const word of text.split(' ')) if (/\p{L}/u.test(word) && ++words === 2) return true;
  return false;
}

/** Half a letter cannot be sent. What replaces it is as long, so that places stay. */
const whole = (text: string): string => text.replace(/[\ud800-\udfff]/gu, '\ufffd');
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

class Builder {
  private current: Block | null = null;
  constructor(private readonly out: Block[]) {}

  flush(): void {
    const block = this.current;
    this.current = null;
    if (!block) return;
    if (hasWords(block.text)) this.out.push(block);
  }

  space(): void {
    if (this.current && !this.current.text.endsWith(' ')) this.current.text += ' ';
  }

  add(node: Text, owner: Element): void {
    const { data } = node;
    // White space collapses as on screen; raw positions are kept.
    for (const match of data.matchAll(/[\s\u200b]+|[^\s\u200b]+/g)) {
      const isSpace = /^[\s\u200b]/.test(match[0]);
      if (!this.current) {
        if (isSpace) continue;
        this.current = { element: owner, text: '', segments: [] };
      }
      if (isSpace) this.put(node, match.index, 1, ' ', owner);
      else this.putWord(node, match.index, match[0], owner);
    }
  }

  private putWord(node: Text, at: number, word: string, owner: Element): void {
    for (let from = 0; from < word.length;) {
      let to = Math.min(word.length, from + MAX_BLOCK);
      if (to < word.length && isHighSurrogate(word.charCodeAt(to - 1))) to--;
      this.put(node, at + from, to - from, word.slice(from, to), owner);
      from = to;
    }
  }

  private put(node: Text, at: number, length: number, text: string, owner: Element): void {
    if (this.current && this.current.text.length + text.length > MAX_BLOCK) this.flush();
    this.current ??= { element: owner, text: '', segments: [] };
    const block = this.current;
    if (text === ' ' && (!block.text || block.text.endsWith(' '))) return;
    const last = block.segments.at(-1);
    // Text that stands together in one node is one segment: a tenth of the objects.
    if (last && last.node === node && last.at + last.length === at && last.from + last.length === block.text.length) last.length += length;
    else block.segments.push({ node, at, length, from: block.text.length });
    block.text += whole(text);
  }
}

/** Walks what is under a root; yields after each block so that the caller can pause. */
function* collect(root: Element, out: Block[], walk: Walk, onShadow: (root: ShadowRoot) => void): Generator<void> {
  const builder = new Builder(out);
  const shadow = function* (element: Element, english: boolean, depth: number): Generator<void> {
    const tree = shadowOf(element);
    if (!tree) return;
    onShadow(tree);
    for (let child = tree.firstChild; child; child = child.nextSibling) yield* visit(child, element, english, depth);
  };
  const inside = function* (element: HTMLElement, owner: Element, english: boolean, depth: number): Generator<void> {
    const closed = element.tagName === 'DETAILS' && !(element as HTMLDetailsElement).open;
    const tree = shadowOf(element), seen = tree && slotted(tree);
    // With a shadow tree, only slotted children are seen; they are read where they stand in the page.
    for (let child = element.firstChild; child; child = child.nextSibling) {
      if (closed && !(child instanceof Element && child.tagName === 'SUMMARY')) continue;
      if (seen && !seen.has(child)) continue;
      yield* visit(child, owner, english, depth);
    }
    if (tree) {
      builder.flush();
      yield* shadow(element, english, depth);
    }
  };
  const visit = function* (node: Node, owner: Element, english: boolean, depth: number): Generator<void> {
    if (node.nodeType === Node.TEXT_NODE) {
      if (english || walk.anyLanguage) builder.add(node as Text, owner);
      else if (node.nodeValue?.trim()) walk.otherLanguage = true;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || depth > MAX_DEPTH || walk.cut) return;
    const element = node as HTMLElement;
    if (++walk.elements > MAX_ELEMENTS) { walk.cut = true; return; }
    if (element.tagName === 'BR') { builder.space(); return; }
    if (isPrivate(element)) return;
    const style = getComputedStyle(element);
    if (isHidden(element, style)) return;
    // What stands in a slot is read where it stands in the page; what the slot holds itself is not seen then.
    if (element.tagName === 'SLOT' && (element as HTMLSlotElement).assignedNodes().length) return;
    const inline = INLINE.test(style.display);
    if (!inline) builder.flush();
    const language = element.getAttribute('lang');
    yield* inside(element, inline ? owner : element, language ? isEnglish(language) : english, depth + 1);
    if (!inline) { builder.flush(); yield; }
  };
  yield* inside(root as HTMLElement, root, isEnglish(languageAt(root)), 0);
  builder.flush();
}

const breathe = (): Promise<void> => {
  const scheduler = (globalThis as unknown as { scheduler?: { yield?: () => Promise<void> } }).scheduler;
  return scheduler?.yield ? scheduler.yield() : new Promise(go => setTimeout(go, 0));
};

/** Hands over blocks under the roots after each slice of `budget` milliseconds; `walk` says what it took and whether it was cut. */
export async function collectSliced(
  roots: Element[], budget: number, walk: Walk, onBlocks: (blocks: Block[]) => void, onShadow: (root: ShadowRoot) => void,
): Promise<void> {
  const out: Block[] = [];
  let began = performance.now();
  const lap = (): void => {
    const took = performance.now() - began;
    walk.ms += took;
    walk.longest = Math.max(walk.longest, took);
    onBlocks(out.splice(0));
  };
  for (const root of roots) {
    if (!root.isConnected || !isReadable(root)) continue;
    for (const _ of collect(root, out, walk, onShadow)) {
      if (performance.now() - began <= budget) continue;
      lap();
      if (walk.ms > MAX_WALK_MS) { walk.cut = true; return; }
      await breathe();
      began = performance.now();
    }
  }
  lap();
}

/** The place of a stretch of a block, in UTF-16 offsets; null where the page changed meanwhile: no mark beats a wrong one. */
export function toRange(block: Block, start: number, end: number): Range | null {
  let first: Segment | undefined, last: Segment | undefined;
  for (const segment of block.segments) {
    if (!first && segment.from + segment.length > start) first = segment;
    if (segment.from < end) last = segment; else break;
  }
  if (!first?.node.isConnected || !last?.node.isConnected) return null;
  const from = first.at + Math.max(0, start - first.from), to = last.at + Math.min(last.length, end - last.from);
  if (from > first.node.length || to > last.node.length) return null;
  const range = document.createRange();
  range.setStart(first.node, from);
  range.setEnd(last.node, to);
  return squeeze(whole(range.toString())) === squeeze(block.text.slice(start, end)) ? range : null;
}

// A <br> is a space in the block and nothing in the range, so white space is left out of the comparison.
const squeeze = (text: string): string => text.replace(/[\s\u200b]+/g, '');
