// Small helpers to build elements out of plain text; nothing is ever parsed as HTML.

type Properties = Record<string, string | boolean | (() => void) | undefined>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties = {}, ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

/** A link to a web page, or its words alone where the address is none. */
export function link(address: string, words: string): HTMLElement {
  if (!/^https?:\/\//.test(address)) return make('span', {}, words);
  return make('a', { href: address, rel: 'noopener noreferrer', target: '_blank' }, words);
}
