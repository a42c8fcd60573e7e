// Why a page was not read, in the popup of the toolbar button.
import { api } from '../api';
import { ask, beginPage, find } from './page';

const given = new URLSearchParams(location.search), reason = given.get('reason') ?? '', host = given.get('host') ?? '';

void beginPage('stateTitle').then(({ say }) => {
  find('reason').textContent = ['private', 'never', 'forbidden_page'].includes(reason) ? say(`reason_${reason}`, host) : '';
  find('once').hidden = reason === 'forbidden_page';
  find('once').addEventListener('click', () => { void ask({ type: 'checkAnyway', tabId: Number(given.get('tab')) }).then(() => close()); });
  find('options').addEventListener('click', () => { void api.runtime.openOptionsPage().then(() => close()); });
});
