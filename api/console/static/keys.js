// One key decides and goes on.  The page says which key belongs to what (data-shortcut), so an account's own
// keys, or none at all, need nothing here.  Without this file every button and link works by itself.
(() => {
  'use strict';
  const GUARD_MS = 150;
  const FIELDS = 'input, textarea, select, [contenteditable]:not([contenteditable="false"])';
  let lastKey = -GUARD_MS;
  let busy = false;

  const desk = () => document.getElementById('desk');
  const visible = element => element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
  // The frame has a place for messages that is there before its words, so that they are heard.
  const say = (words, failed = false) => {
    const place = document.getElementById('told');
    if (!place || !words) return;
    const line = document.createElement('p');
    line.className = failed ? 'fault' : 'told';
    line.textContent = words;
    place.replaceChildren(line);
  };

  // ---- keys

  const misfires = event =>
    event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
    // Some keyboards need Shift for digits and signs; none needs it for a small letter.
    || event.shiftKey && /^\p{L}$/u.test(event.key)
    || event.isComposing || event.keyCode === 229 || event.repeat
    || event.target.closest(FIELDS) || document.querySelector('dialog[open]');

  const meant = key => [...document.querySelectorAll('[data-shortcut]')]
    .find(element => element.dataset.shortcut === key && !element.disabled && visible(element));

  const act = element => {
    if (element.matches(FIELDS)) return element.focus();
    if (element.dataset.cycle) return showNextClaim();
    element.click();
  };

  const leaveField = event => {
    const field = event.target.closest('#desk :is(input, textarea, select)');
    if (event.key === 'Escape' && field && !event.isComposing) focusItem();
  };

  document.addEventListener('keydown', event => {
    if (misfires(event)) return leaveField(event);
    const element = meant(event.key);
    if (!element && !moveInList(event)) return;
    event.preventDefault();
    if (!element || busy || event.timeStamp - lastKey < GUARD_MS) return;
    lastKey = event.timeStamp;
    act(element);
  });

  function moveInList(event) {
    const list = document.querySelector('.rows[data-next]');
    if (!list) return false;
    const step = { [list.dataset.next]: 1, [list.dataset.previous]: -1 }[event.key];
    if (!step) return false;
    const rows = [...list.querySelectorAll('a.line')];
    const at = rows.indexOf(document.activeElement);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 && step < 0 ? 0 : at + step))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: 'nearest' }); }
    return true;
  }

  // ---- a claim and its mark are one thing

  const cards = () => [...document.querySelectorAll('#desk .card[data-claim]')].filter(visible);

  function choose(number) {
    for (const element of document.querySelectorAll('#desk [data-claim]'))
      element.classList.toggle('chosen', element.dataset.claim === number);
  }

  function showNextClaim() {
    const all = cards();
    if (!all.length) return;
    const card = all[(all.findIndex(one => one.classList.contains('chosen')) + 1) % all.length];
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: 'nearest' });
    for (const more of card.querySelectorAll('details.more')) more.open = true;
    show(card.dataset.claim);
  }

  function show(number) {
    choose(number);
    document.getElementById('mark-' + number)?.scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('click', event => {
    const opener = event.target.closest('[data-opens]');
    if (opener) return document.getElementById(opener.dataset.opens)?.showModal();
    const all = event.target.closest('[data-checks]');
    if (all) return checkAll(all);
    const claim = event.target.closest('#desk [data-claim]');
    if (claim) claim.matches('.mark') ? choose(claim.dataset.claim) : show(claim.dataset.claim);
  });
  document.addEventListener('focusin', event => {
    const claim = event.target.closest('#desk [data-claim]');
    if (claim) choose(claim.dataset.claim);
  });

  // ---- lists with boxes

  const boxes = name => [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];

  function checkAll(box) {
    for (const one of boxes(box.dataset.checks)) one.checked = box.checked;
    countChecked(box.dataset.checks);
  }

  function countChecked(name) {
    for (const place of document.querySelectorAll(`[data-counts="${name}"]`))
      place.textContent = String(boxes(name).filter(one => one.checked).length);
  }

  document.addEventListener('change', event => {
    if (event.target.matches('input[type=checkbox][name]')) countChecked(event.target.name);
  });

  // ---- what the server answers

  function focusItem() {
    const place = document.querySelector('#desk [data-focus]');
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: 'nearest' });
  }

  const isDesk = ctx => ctx.target?.id === 'desk';

  document.addEventListener('htmx:before:request', event => { if (isDesk(event.detail.ctx)) busy = true; });
  document.addEventListener('htmx:finally:request', () => { busy = false; });
  document.addEventListener('htmx:error', () => {
    say('The server did not answer. Nothing was decided; try again.', true);
  });

  document.addEventListener('htmx:before:swap', event => {
    const { ctx } = event.detail;
    if (!isDesk(ctx) || ctx.text.includes('id="desk"')) return;
    // Another page than the one asked for: the sign-in has ended, or the server refused.
    event.preventDefault();
    if (ctx.response.status < 400) return location.reload();
    say(`The server refused (status ${ctx.response.status}). Nothing was decided.`, true);
  });

  document.addEventListener('htmx:after:swap', event => {
    if (!desk() || !isDesk(event.detail.ctx) && event.detail.ctx.target?.isConnected) return;
    const { said, url, failed } = desk().dataset;
    say(said, failed !== undefined);
    if (url && url !== location.pathname + location.search) history.pushState(null, '', url);
    document.title = desk().dataset.title || document.title;
    focusItem();
  });

  window.addEventListener('popstate', () => {
    const url = desk()?.dataset.url;
    if (url && url !== location.pathname + location.search) location.reload();
  });

  // ---- breaks, for those who asked for them

  function remindOfBreak() {
    const reminder = document.getElementById('break');
    if (!reminder) return;
    const began = 'claimcheck-began';
    const now = Date.now();
    const since = Number(sessionStorage.getItem(began)) || now;
    if (since === now) sessionStorage.setItem(began, String(now));
    reminder.querySelector('button').addEventListener('click', () => {
      sessionStorage.setItem(began, String(Date.now()));
      reminder.hidden = true;
    });
    setInterval(() => {
      const minutes = (Date.now() - Number(sessionStorage.getItem(began))) / 60000;
      reminder.hidden = minutes < Number(reminder.dataset.minutes);
    }, 15000);
  }

  // htmx is asked for posts and gets only: no history of its own, no style of its own.
  if (window.htmx) window.htmx.config.history = false;
  for (const element of document.querySelectorAll('[data-script]')) element.hidden = false;
  remindOfBreak();
})();
