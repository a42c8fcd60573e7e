// The only part that speaks to the network: one server, the reader's own, with its key, and nothing else about the reader.
import { api } from '../api';
import type { Connection } from '../settings';
import type { Trouble } from '../types';
import { inTurn } from '../turns';

const TIMEOUT = 15_000, LONGEST_WAIT = 300, MAX_IN_FLIGHT = 2;

export class Refusal extends Error {
  constructor(readonly trouble: Trouble, readonly retryAfter: number | null = null, readonly status = 0) { super(trouble); }
}

let flying = 0;
const waiting: (() => void)[] = [];

async function slot<T>(work: () => Promise<T>): Promise<T> {
  while (flying >= MAX_IN_FLIGHT) await new Promise<void>(go => waiting.push(go));
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
 * Ask the server; the reply's JSON. What is not `urgent` is refused while a hold runs, even one that began in the queue.
 *
 * @throws Refusal with the reason a reader is told
 */
export function ask(connection: Connection, path: string, body?: unknown, urgent = false): Promise<unknown> {
  return slot(async () => {
    const pause = urgent ? null : await held();
    if (pause) throw new Refusal(pause.trouble);
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

interface Hold { trouble: Trouble; from: number; until: number; tries: number }
const FIRST_WAIT = 2, MOST_WAIT = 60;
const MENDS_ITSELF: readonly Trouble[] = ['down', 'slow', 'limited', 'busy', 'broken'];

export async function held(): Promise<{ trouble: Trouble; retryIn: number } | null> {
  const { hold } = await api.storage.session.get('hold') as { hold?: Hold };
  if (!hold || hold.until <= Date.now()) return null;
  return { trouble: hold.trouble, retryIn: Math.ceil((hold.until - Date.now()) / 1000) };
}

/** Seconds to wait after a refusal: what the server asks for, else twice as long each time; null where waiting is no use. */
export async function holdOff(refused: Refusal): Promise<number | null> {
  return MENDS_ITSELF.includes(refused.trouble) ? inTurn(() => hold(refused)) : null;
}

async function hold({ trouble, retryAfter: asked }: Refusal): Promise<number> {
  const { hold: old } = await api.storage.session.get('hold') as { hold?: Hold };
  const now = Date.now(), runs = old !== undefined && old.until > now;
  // What was under way when the hold began says nothing new: it makes the hold longer only where the server asks for it.
  if (runs && now + (asked ?? 0) * 1000 <= old.until) return Math.ceil((old.until - now) / 1000);
  const tries = runs ? old.tries : (old?.tries ?? 0) + 1;
  const seconds = asked ?? Math.min(MOST_WAIT, FIRST_WAIT * 2 ** Math.min(tries - 1, 5));
  await api.storage.session.set({ hold: { trouble, from: now, until: now + seconds * 1000, tries } });
  return seconds;
}

/** Ends the hold, if it began before this moment: a success says nothing of a refusal that came after it was asked for. */
export const forgiven = (before = Infinity): Promise<void> => inTurn(async () => {
  const { hold: old } = await api.storage.session.get('hold') as { hold?: Hold };
  if (old && old.from < before) await api.storage.session.remove('hold');
});
