/**
 * Responses and their conversations, which later ones go on with: the last ones used.
 *
 * @module
 */
import type { Message } from "../../../engine/mod.ts";

/** Responses kept, and characters of all of them. */
const MAX_KEPT = 1024;
const MAX_CHARS = 16 << 20;

/** A response as it is kept. */
export interface KeptResponse {
  readonly client: string;
  /** The conversation that it ended. */
  readonly messages: readonly Message[];
  /** The response's object, as JSON. */
  readonly json: string;
}

/** Responses by their ids. */
export class ResponseStore {
  /** Least recently used first. */
  readonly #kept = new Map<string, KeptResponse & { readonly chars: number }>();
  readonly #maxKept: number;
  readonly #maxChars: number;
  #chars = 0;

  constructor({ maxKept = MAX_KEPT, maxChars = MAX_CHARS } = {}) {
    this.#maxKept = maxKept;
    this.#maxChars = maxChars;
  }

  /** Keeps a response of a client; those that were not used for longest make room. */
  keep(id: string, response: KeptResponse): void {
    const chars = JSON.stringify(response.messages).length + response.json.length;
    this.#kept.set(id, { ...response, chars });
    this.#chars += chars;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxKept && this.#chars <= this.#maxChars) return;
      this.#forget(oldest);
    }
  }

  /** A response; nobody but its client finds it. */
  find(id: string, client: string): KeptResponse | undefined {
    const kept = this.#kept.get(id);
    if (kept?.client !== client) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept;
  }

  /** Forgets a response of a client; whether there was one. */
  remove(id: string, client: string): boolean {
    return this.find(id, client) !== undefined && this.#forget(id);
  }

  #forget(id: string): boolean {
    this.#chars -= this.#kept.get(id)?.chars ?? 0;
    return this.#kept.delete(id);
  }
}
