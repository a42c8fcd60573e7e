// <claim-editor> stands around two number fields.  What is selected in the text fills them: offsets are code
// points of the text as it was sent, while a browser counts UTF-16 units.  Without this file one types numbers.
(() => {
  'use strict';
  const SHOWN = 80;
  const isHigh = unit => unit >= 0xd800 && unit < 0xdc00;
  const isLow = unit => unit >= 0xdc00 && unit < 0xe000;
  const splitsPair = (text, at) => at > 0 && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));

  function codePoints(text, units) {
    let count = 0;
    for (let at = 0; at < units; at++) if (!splitsPair(text, at)) count++;
    return count;
  }

  // The part of the selection that lies in the text, without the white space around it; null where none does.
  function chosenIn(area) {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(area)) return null;
    const before = document.createRange();
    before.selectNodeContents(area);
    const inside = before.cloneRange();
    if (area.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
    if (area.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
    before.setEnd(inside.startContainer, inside.startOffset);
    const text = area.textContent;
    let start = before.toString().length;
    let end = start + inside.toString().length;
    while (start < end && /\s/.test(text[start])) start++;
    while (end > start && /\s/.test(text[end - 1])) end--;
    if (splitsPair(text, start)) start--;
    if (splitsPair(text, end)) end++;
    if (start >= end) return null;
    return { start: codePoints(text, start), end: codePoints(text, end), words: text.slice(start, end) };
  }

  class ClaimEditor extends HTMLElement {
    connectedCallback() {
      this.start = this.querySelector('[name=start]');
      this.end = this.querySelector('[name=end]');
      this.said = document.createElement('p');
      this.said.className = 'quiet';
      this.said.textContent = 'Select the right words in the text.';
      this.append(this.said);
      this.follow = () => this.take();
      document.addEventListener('selectionchange', this.follow);
    }

    disconnectedCallback() {
      document.removeEventListener('selectionchange', this.follow);
    }

    take() {
      const area = document.querySelector('#desk .text');
      const chosen = area && chosenIn(area);
      if (!chosen) return;
      this.start.value = chosen.start;
      this.end.value = chosen.end;
      const shown = Array.from(chosen.words).slice(0, SHOWN).join('');
      this.said.textContent = `Selected: “${shown}${shown.length < chosen.words.length ? '…' : ''}”`;
    }
  }

  customElements.define('claim-editor', ClaimEditor);
})();
