// One question to the background at a time. A worker that was ended mid-way loses the question: it is put again.
import { api } from '../api';
import type { ToBackground } from '../types';

export class Gone extends Error {}

/** @throws Gone where the extension was removed or replaced while this page was open */
export async function ask<T>(message: ToBackground, tries = 3): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (!api.runtime?.id) throw new Gone();
    try {
      const reply = await api.runtime.sendMessage(message) as T | undefined;
      if (reply !== undefined || message.type !== 'check') return reply as T;
    } catch (error) {
      if (String(error).includes('context invalidated')) throw new Gone();
      if (attempt >= tries) throw error;
    }
    if (attempt >= tries) throw new Error('no answer');
    await new Promise(go => setTimeout(go, 250 * attempt));
  }
}
