/**
 * Conversations that later responses go on with, the last ones used.
 *
 * @module
 */
import type { Message } from "../../../engine/mod.ts";

/** Conversations kept, and characters of all of them. */
const MAX_KEPT = 1024;
const MAX_CHARS = 16 << 20;

interface Kept {
  readonly client: string;
  readonly messages: readonly Message[];
  readonly chars: number;
}

/** Conversations by the id of the response that ended them. */
export class ResponseStore {
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>();
  readonly #maxKept: number;
  readonly #maxChars: number;
  #chars = 0;

  constructor({ maxKept = MAX_KEPT, maxChars = MAX_CHARS } = {}) {
    this.#maxKept = maxKept;
    this.#maxChars = maxChars;
  }

  /** Keeps a conversation of a client; those that were not used for longest make room. */
  keep(id: string, { client, messages }: { client: string; messages: readonly Message[] }): void {
    const chars = JSON.stringify(messages).length;
    this.#kept.set(id, { client, messages, chars });
    this.#chars += chars;
    for (const [oldest, { chars }] of this.#kept) {
      if (this.#kept.size <= this.#maxKept && this.#chars <= this.#maxChars) return;
      this.#kept.delete(oldest);
      this.#chars -= chars;
    }
  }

  /** A conversation; nobody but its client finds it. */
  find(id: string, client: string): readonly Message[] | undefined {
    const kept = this.#kept.get(id);
    if (kept?.client !== client) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept.messages;
  }
}
