// Texts in, findings out: from this session's memory where the same text was judged by the same versions, else from the server.
import { api } from '../api';
import { loadConnection, type Connection } from '../settings';
import type { BatchReply, Block, BlockResult, CheckReply, Finding, Report, TestReply, Versions } from '../types';
import { findingsOf, isOtherLanguage } from './findings';
import { ask, forgiven, held, holdOff, Refusal } from './server';
import { record } from './sent';
import { inTurn } from '../turns';

export const MAX_BLOCKS = 60, MAX_BLOCK_LENGTH = 10_000, MAX_REQUEST_BYTES = 30_000;
const TEST_TEXT = 'This sentence makes no claim.';
const MAX_CACHED = 2000, VERSIONS_AGE = 30 * 60 * 1000;

interface Judged { findings: Finding[]; language: boolean }
interface Known { server: string; stamp: string; at: number }

const stampOf = (versions: { model: string; kb: string; rules: string; policy: string; claimcheck: string }): string =>
  [versions.claimcheck, versions.model, versions.kb, versions.rules, versions.policy].join('|');

export function versionsFrom(reply: unknown): Versions {
  const versions = reply as Versions;
  const texts = [versions?.claimcheck, versions?.model, versions?.kb, versions?.rules, versions?.policy];
  if (!texts.every(text => typeof text === 'string')) throw new Refusal('stranger');
  return versions;
}

let asking: Promise<unknown> | null = null;

/** What judges there now; asked once, then only when half an hour old or when a reply names another. */
async function stamp(connection: Connection): Promise<string> {
  const { known } = await api.storage.session.get('known') as { known?: Known };
  if (known?.server === connection.server && Date.now() - known.at < VERSIONS_AGE) return known.stamp;
  asking ??= ask(connection, '/v1/version').finally(() => { asking = null; });
  const fresh = stampOf(versionsFrom(await asking));
  await api.storage.session.set({ known: { server: connection.server, stamp: fresh, at: Date.now() } });
  return fresh;
}

async function keyOf(text: string, connection: Connection, versions: string): Promise<string> {
  const bytes = new TextEncoder().encode([connection.server, versions, text].join('\0'));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return 'c:' + btoa(String.fromCharCode(...hash.slice(0, 18)));
}

async function remember(fresh: Record<string, Judged>): Promise<void> {
  const { cached = [] } = await api.storage.session.get('cached') as { cached?: string[] };
  const all = [...cached, ...Object.keys(fresh)], old = all.slice(0, Math.max(0, all.length - MAX_CACHED));
  if (old.length) await api.storage.session.remove(old);
  try {
    await api.storage.session.set({ ...fresh, cached: all.slice(old.length) });
  } catch {  // the session's memory is full: begin anew
    await api.storage.session.remove(all);
    await api.storage.session.set({ cached: [] });
  }
}

async function fetchReports(missing: Block[], connection: Connection): Promise<Map<string, Report | null>> {
  await record(connection.server, missing.map(block => block.text));
  const reply = await ask(connection, '/v1/check/batch', { items: missing }) as BatchReply;
  if (!Array.isArray(reply?.results)) throw new Refusal('stranger');
  return new Map(reply.results.map(result => [result.id ?? '', result.report ?? null]));
}

async function judge(blocks: Block[], connection: Connection): Promise<BlockResult[]> {
  const versions = await stamp(connection);
  const keys = await Promise.all(blocks.map(block => keyOf(block.text, connection, versions)));
  const cached = await api.storage.session.get(keys) as Record<string, Judged>;
  const missing = new Map<string, Block>();  // by key: the same text twice is sent once
  blocks.forEach((block, index) => { if (!cached[keys[index]]) missing.set(keys[index], block); });
  if (missing.size) Object.assign(cached, await judgeMissing(missing, connection, versions));
  return blocks.map((block, index) => {
    const judged = cached[keys[index]];
    return { id: block.id, findings: judged?.findings ?? [], language: judged?.language ?? false, error: !judged };
  });
}

async function judgeMissing(missing: Map<string, Block>, connection: Connection, versions: string): Promise<Record<string, Judged>> {
  const reports = await fetchReports([...missing.values()], connection);
  const fresh: Record<string, Judged> = {};
  let changed = false;
  for (const [key, block] of missing) {
    const report = reports.get(block.id);
    if (!report) continue;
    try {
      fresh[key] = { findings: findingsOf(report, block.text), language: isOtherLanguage(report) };
      changed ||= stampOf(report.versions) !== versions;
    } catch { throw new Refusal('stranger'); }
  }
  if (changed) await api.storage.session.remove('known');  // a new model or knowledge base: asked anew, kept under neither name
  else await inTurn(() => remember(fresh));
  return fresh;
}

function isUsable(blocks: unknown): blocks is Block[] {
  if (!Array.isArray(blocks) || blocks.length < 1 || blocks.length > MAX_BLOCKS) return false;
  const fit = blocks.every(one => typeof one?.id === 'string' && one.id.length <= 20 && typeof one.text === 'string'
    && one.text.length > 0 && one.text.length <= MAX_BLOCK_LENGTH);
  return fit && new TextEncoder().encode(JSON.stringify(blocks)).length <= MAX_REQUEST_BYTES + 10_000;
}

export async function check(blocks: unknown): Promise<CheckReply> {
  if (!isUsable(blocks)) return { ok: false, trouble: 'rejected', retryIn: null };
  const connection = await loadConnection();
  if (!connection) return { ok: false, trouble: 'no_server', retryIn: null };
  const began = Date.now(), pause = await held();
  if (pause) return { ok: false, ...pause };
  try {
    const results = await judge(blocks.map(({ id, text }) => ({ id, text })), connection);
    await forgiven(began);
    return { ok: true, results };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, trouble: error.trouble, retryIn: await holdOff(error) };
  }
}

/** Where a text is cut: after the last white space before the limit, else at the limit but never through a letter. */
export function cutAt(text: string, most: number): number {
  if (text.length <= most) return text.length;
  const space = text.slice(0, most).search(/\s\S{0,200}$/);
  if (space > 0) return space + 1;
  return /[\ud800-\udbff]/.test(text[most - 1]) ? most - 1 : most;
}

/** A selected text, cut into blocks at white space, each judged; findings keep their place in the whole text. */
export async function checkText(text: string): Promise<CheckReply> {
  const blocks: Block[] = [], at: number[] = [];
  for (let from = 0; from < text.length && blocks.length < 3;) {
    const part = text.slice(from, from + cutAt(text.slice(from, from + MAX_BLOCK_LENGTH + 1), MAX_BLOCK_LENGTH));
    if (part.trim()) { blocks.push({ id: String(blocks.length), text: part }); at.push(from); }
    from += part.length;
  }
  const results: BlockResult[] = [];
  for (const block of blocks) {
    const reply = await check([block]);
    if (!reply.ok) return reply;
    const shift = at[Number(block.id)];
    for (const result of reply.results) {
      const findings = result.findings.map(one => one.start < 0 ? one : { ...one, start: one.start + shift, end: one.end + shift });
      results.push({ ...result, findings });
    }
  }
  return { ok: true, results };
}

/** Whether a server answers, is a claimcheck, and takes the key; the key is tried on one empty-handed text. */
export async function test(connection: Connection): Promise<TestReply> {
  let versions: Versions | null = null;
  try {
    versions = versionsFrom(await ask(connection, '/v1/version', undefined, true));
    await record(connection.server, [TEST_TEXT]);
    await ask(connection, '/v1/check/batch', { items: [{ id: '0', text: TEST_TEXT }] }, true);
    return { ok: true, trouble: null, keyChecked: true, versions };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, trouble: error.trouble, keyChecked: false, versions };
  }
}
