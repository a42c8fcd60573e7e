// What left this browser, kept in memory until it closes, so that its reader can look.
import { api } from '../api';
import { inTurn } from '../turns';

export interface Sent { at: string; server: string; texts: string[] }
const MAX_TEXTS = 300;

export const record = (server: string, texts: string[]): Promise<void> => inTurn(() => append(server, texts));

async function append(server: string, texts: string[]): Promise<void> {
  const { sent = [] } = await api.storage.session.get('sent') as { sent?: Sent[] };
  sent.push({ at: new Date().toISOString(), server, texts });
  let count = sent.reduce((sum, one) => sum + one.texts.length, 0);
  while (count > MAX_TEXTS && sent.length > 1) count -= sent.shift()!.texts.length;
  try { await api.storage.session.set({ sent }); } catch { await api.storage.session.set({ sent: sent.slice(-1) }); }
}
