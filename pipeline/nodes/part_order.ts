/**
 * Brings the chunks of parts back into the order of the parts, whichever node was faster.
 *
 * @module
 */
import { join } from "node:path";
import { type Chunk, decodeChunk, encodeChunk } from "./chunk.ts";

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
 * Chunks that came before their turn, on disk: their number is bounded by the parts that are offered
 * at a time. The folder is emptied at the start: what is not in the journal is offered again.
 */
export class PartOrder {
  readonly #dir: string;
  readonly #parts = new Map<number, Held>();
  #part: number;
  #sequence: number;
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

  /** Takes a chunk in; false for one that has come before. */
  async put(part: number, chunk: Chunk): Promise<boolean> {
    const { sequence } = chunk;
    if (part < this.#part || (part === this.#part && sequence < this.#sequence)) return false;
    const held = this.#parts.get(part) ??
      { path: join(this.#dir, `p${part}`), chunks: new Map(), size: 0 };
    this.#parts.set(part, held);
    if (held.chunks.has(sequence)) return false;
    const bytes = encodeChunk(chunk);
    await Deno.writeFile(held.path, bytes, { append: true });
    held.chunks.set(sequence, { offset: held.size, length: bytes.byteLength });
    held.size += bytes.byteLength;
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    return true;
  }

  /** The next chunk in order, once it is there. */
  async take(signal: AbortSignal): Promise<Chunk> {
    for (;;) {
      signal.throwIfAborted();
      const held = this.#parts.get(this.#part);
      const at = held?.chunks.get(this.#sequence);
      if (held && at) return await this.#read(held, at);
      await this.#arrived.promise;
    }
  }

  /** Wakes who waits, so that its signal is looked at. */
  wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  async #read(held: Held, { offset, length }: { offset: number; length: number }): Promise<Chunk> {
    using file = await Deno.open(held.path);
    await file.seek(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await file.read(bytes.subarray(at));
      if (count === null) throw new Error(`Cannot read ${held.path}: it ends early`);
      at += count;
    }
    const chunk = decodeChunk(bytes);
    if (!chunk.last) this.#sequence++;
    else {
      this.#parts.delete(this.#part++);
      this.#sequence = 0;
      await Deno.remove(held.path);
    }
    return chunk;
  }
}
