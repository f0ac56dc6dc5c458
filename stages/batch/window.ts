/**
 * A window: a stretch of the token log, cut into pieces, that is shuffled together.
 *
 * The unit is the *pair*: an input token and the target that follows it. A document of n tokens has
 * n - 1 pairs; cutting between pairs loses none, because a piece's last target is the next piece's
 * first input.
 *
 * @module
 */

/**
 * How documents become rows: `pack` fills rows with whole documents where they fit and with parts
 * where not, attention kept apart; `contiguous` cuts one endless stream, document after document;
 * `pad` gives every document (or part of one) rows of its own.
 */
export type BatchMode = "pack" | "contiguous" | "pad";

/** Consecutive pairs of one document. */
export interface Piece {
  /** First input in the window's tokens; the targets are one further. */
  readonly at: number;
  /** 1 to T pairs. */
  readonly length: number;
  /** Index of the document in the store. */
  readonly document: number;
}

/**
 * Collects pairs until its rows are full.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { Window } from "./window.ts";
 * const window = new Window({ mode: "pack", cols: 2, maxRows: 2 });
 * assertEquals(window.add(Uint16Array.of(5, 6, 7, 8, 9, 0), 0), 4); // 4 of 5 pairs
 * assert(window.isFull);
 * assertEquals(window.pieces.length, 2);
 * ```
 */
export class Window implements Disposable {
  readonly #mode: BatchMode;
  readonly #cols: number;
  #maxRows = 0;
  #tokens: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> = new Uint16Array(0);
  #filled = 0;
  #pieces: Piece[] = [];
  #pairs = 0;
  #rowsTaken = 0;
  /** `contiguous`: the last token of the document before, an input without a target yet. */
  #open: Uint16Array | Uint32Array | undefined;

  constructor({ mode, cols, maxRows }: { mode: BatchMode; cols: number; maxRows: number }) {
    this.#mode = mode;
    this.#cols = cols;
    this.restart(maxRows);
  }

  /** Empties the window for the next stretch, reusing its memory where that suffices. */
  restart(maxRows: number): void {
    this.#maxRows = maxRows;
    this.#pieces = [];
    this.#pairs = 0;
    this.#rowsTaken = 0;
    this.#filled = 0;
  }

  /** Frees its memory at once, which the collector would keep while there is little other garbage. */
  [Symbol.dispose](): void {
    this.restart(0);
    this.#tokens.buffer.transfer(0);
  }

  /** Starts a new stream in `contiguous` mode: the next document's first token is no target. */
  breakStream(): void {
    this.#open = undefined;
  }

  /** Documents' tokens end to end; the last of each stretch is a target only. */
  get tokens(): Uint16Array | Uint32Array {
    return this.#tokens;
  }

  /** Pieces in the order of the log; empty in `contiguous` mode. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** Number of pairs. */
  get pairs(): number {
    return this.#pairs;
  }

  /** Whether no pair can be added. */
  get isFull(): boolean {
    return this.#mode === "pad"
      ? this.#rowsTaken === this.#maxRows
      : this.#pairs === this.#maxRows * this.#cols;
  }

  /**
   * Adds the pairs of a document whose input is token `from` or later, as many as fit; returns the
   * input of the first that does not, `ids.length - 1` when all did. The window must not be full.
   *
   * @param document index of the document in the store, recorded in its pieces
   */
  add(ids: Uint16Array | Uint32Array, from: number, document = 0): number {
    if (ids.length === 0) return 0;
    const joins = this.#open !== undefined;
    if (this.#open !== undefined) {
      if (this.#filled === 0) this.#append(this.#open);
      this.#append(ids.subarray(0, 1));
      this.#pairs++;
      this.#open = undefined;
    }
    const wanted = ids.length - 1 - from;
    const count = Math.min(wanted, this.#room());
    const at = this.#filled;
    if (count > 0) this.#append(ids.subarray(joins ? from + 1 : from, from + count + 1));
    this.#pairs += count;
    if (this.#mode === "contiguous") {
      if (count === wanted) this.#open = ids.slice(-1);
    } else {
      for (let done = 0; done < count; done += this.#cols) {
        const length = Math.min(this.#cols, count - done);
        this.#pieces.push({ at: at + done, length, document });
        this.#rowsTaken++;
      }
    }
    return from + count;
  }

  #append(ids: Uint16Array | Uint32Array): void {
    const end = this.#filled + ids.length;
    const isWide = ids instanceof Uint32Array;
    if (end > this.#tokens.length || (isWide && this.#tokens instanceof Uint16Array)) {
      // A little more than the pairs: each document has one more token.
      const room = this.#maxRows * this.#cols;
      const size = Math.max(end + (end >> 2), room + (room >> 6), this.#tokens.length);
      const tokens = isWide || this.#tokens instanceof Uint32Array
        ? new Uint32Array(size)
        : new Uint16Array(size);
      tokens.set(this.#tokens.subarray(0, this.#filled));
      this.#tokens.buffer.transfer(0);
      this.#tokens = tokens;
    }
    this.#tokens.set(ids, this.#filled);
    this.#filled = end;
  }

  #room(): number {
    return this.#mode === "pad"
      ? (this.#maxRows - this.#rowsTaken) * this.#cols
      : this.#maxRows * this.#cols - this.#pairs;
  }
}
