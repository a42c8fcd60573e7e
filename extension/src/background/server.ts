// The only part that speaks to the network: one server, the reader's own, with its key, and nothing else about the reader.
import { api } from '../api';
import type { Connection } from '../settings';
import type { Trouble } from '../types';

const TIMEOUT = 15_000, LONGEST_WAIT = 300, MAX_IN_FLIGHT = 2;

export class Refusal extends Error {
  constructor(readonly trouble: Trouble, readonly retryAfter: number | null = null, readonly status = 0) { super(trouble); }
}

let flying = 0;
const waiting: (() => void)[] = [];

async function slot<T>(work: () => Promise<T>): Promise<T> {
  if (flying >= MAX_IN_FLIGHT) await new Promise<void>(go => waiting.push(go));
  flying++;
  try { return await work(); } finally { flying--; waiting.shift()?.(); }
}

function retryAfter(reply: Response): number | null {
  const given = reply.headers.get('retry-after');
  if (!given) return null;
  const seconds = /^\d{1,6}$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT, Math.max(1, Math.ceil(seconds))) : null;
}

function refusal(reply: Response): Refusal {
  const { status } = reply;
  if (status === 401) return new Refusal('refused', null, status);
  if (status === 403) return new Refusal('forbidden', null, status);
  if (status === 429) return new Refusal('limited', retryAfter(reply), status);
  if (status === 503) return new Refusal('busy', retryAfter(reply), status);
  if (status >= 500) return new Refusal('broken', retryAfter(reply), status);
  return new Refusal(status === 404 || status === 405 ? 'stranger' : 'rejected', null, status);
}

/**
 * Ask the server; the reply's JSON.
 *
 * @throws Refusal with the reason a reader is told
 */
export function ask(connection: Connection, path: string, body?: unknown): Promise<unknown> {
  return slot(async () => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (connection.token) headers.authorization = `Bearer ${connection.token}`;
    let reply: Response;
    try {
      reply = await fetch(connection.server + path, {
        method: body === undefined ? 'GET' : 'POST', headers, body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT), credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store',
        redirect: 'error',
      });
    } catch (error) {
      throw new Refusal((error as Error).name === 'TimeoutError' ? 'slow' : 'down');
    }
    if (!reply.ok) throw refusal(reply);
    try { return await reply.json() as unknown; } catch (error) {
      throw new Refusal((error as Error).name === 'TimeoutError' ? 'slow' : 'stranger');
    }
  });
}

// --- back-off, in session memory so that a worker started anew keeps it ---

interface Hold { trouble: Trouble; until: number; tries: number }
const FIRST_WAIT = 2, MOST_WAIT = 60;
const MENDS_ITSELF: readonly Trouble[] = ['down', 'slow', 'limited', 'busy', 'broken'];

export async function held(): Promise<{ trouble: Trouble; retryIn: number } | null> {
  const { hold } = await api.storage.session.get('hold') as { hold?: Hold };
  if (!hold || hold.until <= Date.now()) return null;
  return { trouble: hold.trouble, retryIn: Math.ceil((hold.until - Date.now()) / 1000) };
}

/** Seconds to wait after a refusal: what the server asks for, else twice as long each time; null where waiting is no use. */
export async function holdOff(refused: Refusal): Promise<number | null> {
  if (!MENDS_ITSELF.includes(refused.trouble)) return null;
  const { hold } = await api.storage.session.get('hold') as { hold?: Hold };
  const tries = (hold?.tries ?? 0) + 1;
  const seconds = refused.retryAfter ?? Math.min(MOST_WAIT, FIRST_WAIT * 2 ** Math.min(tries - 1, 5));
  await api.storage.session.set({ hold: { trouble: refused.trouble, until: Date.now() + seconds * 1000, tries } });
  return seconds;
}

export const forgiven = (): Promise<void> => api.storage.session.remove('hold');
