// The form that names the server, says what it will be sent, and asks for the browser's permission; on first run and in options.
import { api } from '../api';
import { serverOrigin, serverPattern } from '../hosts';
import { DEFAULT_SERVER, loadConnection, saveConnection, type Connection } from '../settings';
import type { TestReply } from '../types';
import { ask, find, tell, type Begun } from './page';

export async function serverForm({ say }: Begun): Promise<void> {
  const server = find<HTMLInputElement>('server'), token = find<HTMLInputElement>('token'), message = find('message');
  const showConsent = (): void => { find('consent').textContent = say('consent', serverOrigin(server.value) ?? say('consentEmpty')); };
  let saved: Connection | null = null;
  /** The key of one server is never sent to another: it leaves the form with the address, and comes back with it. */
  const keepKey = (): void => {
    if (!saved) return;
    const same = serverOrigin(server.value) === saved.server;
    if (!same && token.value.trim() === saved.token) token.value = '';
    else if (same && !token.value) token.value = saved.token;
  };
  server.addEventListener('input', () => { keepKey(); showConsent(); });
  find('form').addEventListener('submit', event => { event.preventDefault(); void save(); });
  find('test').addEventListener('click', () => { void test(); });
  saved = await loadConnection();
  // What was typed while the stored values were on their way is left alone.
  server.value ||= saved?.server ?? DEFAULT_SERVER;
  token.value ||= serverOrigin(server.value) === saved?.server ? saved?.token ?? '' : '';
  showConsent();
  document.documentElement.dataset.ready = 'server';

  /** The server's origin once the browser may call it; it must be asked within the click. */
  async function permitted(): Promise<string | null> {
    const origin = serverOrigin(server.value);
    if (!origin) { tell(message, say('badServer'), true); return null; }
    if (!await api.permissions.request({ origins: [serverPattern(origin)] }).catch(() => false)) { tell(message, say('noPermission'), true); return null; }
    return origin;
  }

  async function save(): Promise<void> {
    const origin = await permitted();
    if (!origin) return;
    saved = { server: origin, token: token.value.trim() };
    await saveConnection(saved);
    await ask({ type: 'changed' });
    tell(message, say('saved'));
  }

  async function test(): Promise<void> {
    const origin = await permitted();
    if (!origin) return;
    tell(message, say('testing'));
    const reply = await ask<TestReply>({ type: 'test', server: origin, token: token.value.trim() });
    if (reply.ok && reply.versions) tell(message, say('testOk', reply.versions.claimcheck, reply.versions.model, reply.versions.kb));
    else tell(message, say(`trouble_${reply.trouble}`, origin), true);
  }
}
