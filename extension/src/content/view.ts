// What the reader sees of us on a page: a notice, a card on one claim, a list of all; in a closed shadow tree, in the top layer.
import { assessmentWords, body, levelWords, plain, type Words } from '../findingView';
import { say } from '../say';
import type { Finding, Scope } from '../types';
import { make } from './elements';
import css from './ui.css';

export interface ViewEvents {
  dismiss(finding: Finding, scope: Scope): void;
  report(finding: Finding): void;
  missed(): void;
  go(finding: Finding): void;
  open(page: 'options' | 'sent'): void;
  retry(): void;
  anyway(): void;
}

export interface Notice { text: string; trouble: boolean; action: 'list' | 'retry' | 'options' | 'anyway' | null }
const QUIET_AFTER = 8000;

export class View {
  private readonly host = document.createElement('claimcheck-ui');
  private readonly root: ShadowRoot;
  private readonly status = make('p', { role: 'status', dir: 'auto' });
  private readonly toast = make('section', { class: 'layer toast', popover: 'manual' });
  private card: HTMLElement | null = null;
  private panel: HTMLDialogElement | null = null;
  private back: HTMLElement | null = null;
  private timer = 0;
  private shown = '';

  constructor(private readonly words: Words, private readonly locale: string, private readonly events: ViewEvents) {
    this.root = this.host.attachShadow({ mode: TEST_BUILD ? 'open' : 'closed' });
    this.style();
    this.toast.setAttribute('aria-label', this.say('name'));
    this.root.append(this.toast);
    // What happens in here is no business of the page's key and click handlers.
    for (const name of ['keydown', 'keyup', 'keypress', 'click', 'pointerdown', 'mousedown']) {
      this.host.addEventListener(name, event => event.stopPropagation());
    }
  }

  private say(key: string, ...values: (string | number)[]): string { return say(this.words, key, ...values); }

  private style(): void {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.root.adoptedStyleSheets = [sheet];
      if (this.root.adoptedStyleSheets.length === 1) return;
    } catch { /* an isolated world that may not adopt sheets: a style element does */ }
    this.root.append(make('style', {}, css));
  }

  private mount(): void {
    if (!this.host.isConnected) {
      this.host.lang = this.locale;
      document.documentElement.append(this.host);
    }
  }

  leave(): void {
    window.clearTimeout(this.timer);
    this.host.remove();
  }

  contains(event: Event): boolean { return event.composedPath().includes(this.host); }

  // --- the notice ---

  notice({ text, trouble, action }: Notice, settled: boolean): void {
    const key = `${text}|${trouble}|${action}`;
    if (key === this.shown) return;
    this.shown = key;
    this.mount();
    const act = this.action(action);
    const close = make('button', { class: 'plain', 'aria-label': this.say('close'), click: () => this.quiet() }, '×');
    this.toast.classList.toggle('trouble', trouble);
    if (!this.status.isConnected) this.toast.append(make('div', { class: 'bar' }, this.status, close));
    this.status.textContent = text;
    this.toast.querySelector('.buttons')?.remove();
    if (act) this.toast.append(make('div', { class: 'buttons' }, act));
    if (!this.toast.matches(':popover-open')) this.toast.showPopover();
    window.clearTimeout(this.timer);
    if (settled && !trouble) this.timer = window.setTimeout(() => this.fade(), QUIET_AFTER);
  }

  private action(action: Notice['action']): HTMLElement | null {
    const { events } = this;
    if (action === 'list') return make('button', { click: () => this.askList() }, this.say('showList'));
    if (action === 'retry') return make('button', { click: () => events.retry() }, this.say('retryNow'));
    if (action === 'options') return make('button', { click: () => events.open('options') }, this.say('openOptions'));
    if (action === 'anyway') return make('button', { click: () => events.anyway() }, this.say('checkAnyway'));
    return null;
  }

  private fade(): void {
    if (this.toast.matches(':hover, :focus-within')) this.timer = window.setTimeout(() => this.fade(), QUIET_AFTER);
    else this.quiet();
  }

  /** What was said is over; it may be said anew. */
  calm(): void { this.shown = ''; this.quiet(); }

  private quiet(): void { if (this.toast.matches(':popover-open')) this.toast.hidePopover(); }

  /** Set by the owner: what the list shows. */
  askList: () => void = () => undefined;

  /** Where the reader was before anything of ours had the focus. */
  private remember(): void {
    if (this.card || this.panel) return;
    this.back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  }

  // --- the card ---

  showCard(finding: Finding, rect: DOMRect): void {
    this.closeList();  // a card under the list could not be used
    if (!this.toast.classList.contains('trouble')) this.quiet();  // nor read under the notice
    this.remember();
    this.closeCard(false);
    this.mount();
    const heading = `${assessmentWords(finding, this.words)} · ${levelWords(finding, this.words)}`;
    const card = make('section', { class: 'layer card', role: 'dialog', popover: 'manual', tabindex: '-1', 'aria-label': heading });
    card.append(
      make('div', { class: 'bar' }, make('h2', { class: 'quote', dir: 'auto' }, finding.exact || this.say('assessment_alert')),
        make('button', { class: 'plain', 'aria-label': this.say('close'), click: () => this.closeCard() }, '×')),
      ...body(finding, this.words), this.cardButtons(finding));
    card.addEventListener('keydown', event => {
      if (event.key === 'Escape') { event.preventDefault(); this.closeCard(); }
    });
    const told = [...card.querySelectorAll('.told')];
    told.forEach((one, index) => { one.id = `told-${index}`; });
    card.setAttribute('aria-describedby', told.map(one => one.id).join(' '));
    this.root.append(card);
    this.card = card;
    card.showPopover();
    place(card, rect);
    card.querySelector<HTMLElement>('.buttons button')!.focus({ preventScroll: true });
    card.scrollTop = 0;
  }

  private cardButtons(finding: Finding): HTMLElement {
    const scopes = make('div', { class: 'buttons', hidden: true });
    for (const scope of ['page', 'site', 'everywhere'] as const) {
      scopes.append(make('button', { click: () => { this.closeCard(); this.events.dismiss(finding, scope); } }, this.say(`dismiss_${scope}`)));
    }
    const dismiss = make('button', { 'aria-expanded': 'false' }, this.say('dismiss'));
    dismiss.addEventListener('click', () => {
      scopes.hidden = !scopes.hidden;
      dismiss.setAttribute('aria-expanded', String(!scopes.hidden));
      if (!scopes.hidden) scopes.querySelector('button')!.focus();
    });
    const copy = make('button', {}, this.say('copy'));
    copy.addEventListener('click', () => { void this.copy(finding, copy); });
    const report = make('button', { click: () => this.events.report(finding) }, this.say('report'));
    return make('div', { class: 'actions' }, make('div', { class: 'buttons' }, dismiss, report, copy), scopes);
  }

  private async copy(finding: Finding, button: HTMLElement): Promise<void> {
    const text = plain(finding, this.words);
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // pages without https have no clipboard of their own
      const field = make('textarea', {}, text);
      button.after(field);
      field.select();
      document.execCommand('copy');
      field.remove();
      button.focus();
    }
    button.textContent = this.say('copied');
  }

  closeCard(refocus = true): void {
    if (!this.card) return;
    this.card.remove();
    this.card = null;
    if (refocus && this.back?.isConnected) this.back.focus({ preventScroll: true });
  }

  // --- the list ---

  toggleList(findings: Finding[], summary: string, note: string): void {
    if (this.panel) this.closeList(); else this.showList(findings, summary, note);
  }

  showList(findings: Finding[], summary: string, note: string): void {
    this.remember();
    this.closeCard(false);
    this.quiet();
    this.mount();
    const panel = make('dialog', { class: 'layer panel', 'aria-labelledby': 'panel-title' });
    const close = make('button', { class: 'plain', 'aria-label': this.say('close'), click: () => this.closeList() }, '×');
    panel.append(
      make('div', { class: 'head' }, make('div', { class: 'bar' }, make('h2', { id: 'panel-title', tabindex: '-1' }, this.say('listTitle')), close),
        make('p', { class: 'quiet', dir: 'auto' }, summary)),
      make('div', { class: 'body' }, this.items(findings), note ? make('p', { class: 'quiet' }, note) : null, this.listButtons()));
    panel.addEventListener('close', () => this.closeList());
    panel.addEventListener('click', event => { if (event.target === panel) this.closeList(); });
    panel.addEventListener('keydown', event => this.move(panel, event));
    this.root.append(panel);
    this.panel = panel;
    panel.showModal();
    (panel.querySelector<HTMLElement>('.items button') ?? panel.querySelector('h2')!).focus();
  }

  private items(findings: Finding[]): HTMLElement {
    if (!findings.length) return make('p', {}, this.say('listEmpty'));
    return make('ul', { class: 'items' }, ...findings.map(finding => {
      const words = `${assessmentWords(finding, this.words)} · ${levelWords(finding, this.words)}`;
      const button = make('button', { class: `level-${finding.level}` },
        make('span', { class: 'words' }, words), make('span', { class: 'quote', dir: 'auto' }, finding.exact || finding.risks[0] || ''));
      button.addEventListener('click', () => { this.closeList(); this.events.go(finding); });
      return make('li', {}, button);
    }));
  }

  private listButtons(): HTMLElement {
    return make('div', { class: 'buttons' },
      make('button', { click: () => { this.closeList(); this.events.missed(); } }, this.say('reportMissed')),
      make('button', { click: () => this.events.open('sent') }, this.say('whatWasSent')),
      make('button', { click: () => this.events.open('options') }, this.say('openOptions')));
  }

  private move(panel: HTMLElement, event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...panel.querySelectorAll<HTMLElement>('.items button')];
    const at = buttons.indexOf(this.root.activeElement as HTMLElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
    event.preventDefault();
  }

  closeList(): void {
    const panel = this.panel;
    if (!panel) return;
    this.panel = null;
    panel.close();
    panel.remove();
    if (this.back?.isConnected) this.back.focus({ preventScroll: true });
  }
}

/** Under the mark or above it, where there is more room; never over it. */
function place(card: HTMLElement, rect: DOMRect): void {
  const edge = 8, gap = 6, least = 160;
  const below = innerHeight - rect.bottom - gap - edge, above = rect.top - gap - edge;
  const under = card.offsetHeight <= below || below >= above;
  card.style.maxHeight = `${Math.max(least, Math.min(card.offsetHeight, under ? below : above))}px`;
  const { offsetWidth: width, offsetHeight: height } = card;
  const top = under ? rect.bottom + gap : rect.top - gap - height;
  card.style.left = `${Math.max(edge, Math.min(rect.left, innerWidth - width - edge))}px`;
  card.style.top = `${Math.max(edge, Math.min(top, innerHeight - height - edge))}px`;
}
