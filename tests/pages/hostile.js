// Clears every highlight when asked to, removes what extensions add, and eats key presses.
addEventListener('clear-marks', () => { for (const one of CSS.highlights.values()) one.clear(); CSS.highlights.clear(); });
new MutationObserver(records => { for (const record of records) for (const node of record.addedNodes) if (node.nodeName === 'CLAIMCHECK-UI' && window.removesGuests) node.remove(); })
  .observe(document.documentElement, { childList: true });
addEventListener('keydown', event => event.stopImmediatePropagation());
