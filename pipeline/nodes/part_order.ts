/**
 * Brings the chunks of parts back into the order of the parts, whichever node was faster.
 *
 * @module
 */
import { join } from "node:path";
import { readAt } from "../../model/durable.ts";
import { type Chunk, decodeChunk } from "./chunk.ts";

/** A place between two chunks; plain JSON. */
export interface PartPlace {
  /** Parts before this one are complete. */
  readonly part: number;
  /** Chunks of it that came before. */
  readonly sequence: number;
}

interface Held {
  readonly path: string;
  /** Where each chunk lies in the file. */
  readonly chunks: Map<number, { readonly offset: number; readonly length: number }>;
  size: number;
}

/**
 * Chunks as they came, those that came before their turn on disk: their number is bounded by the parts
 * that are offered at a time. The folder is emptied at the start: what is not in the journal is
 * offered again.
 */
export class PartOrder {
  readonly #dir: string;
  readonly #parts = new Map<number, Held>();
  #part: number;
  #sequence: number;
  /** The one whose turn it is, if it came just then. */
  #next: Uint8Array | undefined;
  #arrived = Promise.withResolvers<void>();

  private constructor(dir: string, { part, sequence }: PartPlace) {
    this.#dir = dir;
    this.#part = part;
    this.#sequence = sequence;
  }

  /** Begins at `place` with nothing held. */
  static async open(dir: string, place: PartPlace): Promise<PartOrder> {
    await Deno.remove(dir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.mkdir(dir, { recursive: true });
    return new PartOrder(dir, place);
  }

  /** The place behind what was taken. */
  get place(): PartPlace {
    return { part: this.#part, sequence: this.#sequence };
  }

  /** Takes the bytes of a chunk in; false for one that has come before. */
  async put({ part, sequence }: PartPlace, bytes: Uint8Array): Promise<boolean> {
    if (part < this.#part || (part === this.#part && sequence < this.#sequence)) return false;
    const held = this.#parts.get(part);
    if (held?.chunks.has(sequence)) return false;
    if (part === this.#part && sequence === this.#sequence) {
      if (this.#next !== undefined) return false;
      this.#next = bytes;
    } else await this.#write(held ?? this.#begin(part), { sequence, bytes });
    this.wake();
    return true;
  }

  /** The next chunk in order, once it is there. */
  async take(signal: AbortSignal): Promise<Chunk> {
    for (;;) {
      signal.throwIfAborted();
      const held = this.#parts.get(this.#part);
      const at = held?.chunks.get(this.#sequence);
      const bytes = held && at ? await this.#read(held, at) : this.#next;
      if (bytes !== undefined) return await this.#pass(decodeChunk(bytes));
      await this.#arrived.promise;
    }
  }

  /** Wakes who waits, so that its signal is looked at. */
  wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  #begin(part: number): Held {
    const held = { path: join(this.#dir, `p${part}`), chunks: new Map(), size: 0 };
    this.#parts.set(part, held);
    return held;
  }

  async #write(
    held: Held,
    { sequence, bytes }: { sequence: number; bytes: Uint8Array },
  ): Promise<void> {
    await Deno.writeFile(held.path, bytes, { append: true });
    held.chunks.set(sequence, { offset: held.size, length: bytes.byteLength });
    held.size += bytes.byteLength;
  }

  async #read(
    { path }: Held,
    { offset, length }: { offset: number; length: number },
  ): Promise<Uint8Array> {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(length);
    if (await readAt(file, offset, bytes) === length) return bytes;
    throw new Error(`Cannot read ${path}: it ends early`);
  }

  /** Goes on to the place behind a chunk. */
  async #pass(chunk: Chunk): Promise<Chunk> {
    this.#next = undefined;
    if (!chunk.last) {
      this.#sequence++;
      return chunk;
    }
    const held = this.#parts.get(this.#part);
    this.#parts.delete(this.#part++);
    this.#sequence = 0;
    if (held) await Deno.remove(held.path);
    return chunk;
  }
}
