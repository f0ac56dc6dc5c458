/**
 * A stretch of the token log that is cut into pieces, and what is shuffled together.
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

/** Consecutive pairs of one document: `[at, at + length)` of the window. */
export interface Piece {
  readonly at: number;
  /** 1 to T pairs. */
  readonly length: number;
}

/**
 * Collects pairs until its rows are full.
 *
 * @example
 * ```ts
 * import { Window } from "./window.ts";
 * const window = new Window({ mode: "pack", cols: 2, maxRows: 2 });
 * console.assert(window.add(Uint16Array.of(5, 6, 7, 8, 9, 0), 0) === 4); // 4 of 5 pairs
 * console.assert(window.isFull && window.pieces.length === 2);
 * ```
 */
export class Window {
  readonly #mode: BatchMode;
  readonly #cols: number;
  #maxRows = 0;
  #inputs = new Int32Array(0);
  #targets = new Int32Array(0);
  #pieces: Piece[] = [];
  #pairs = 0;
  #rowsTaken = 0;
  /** `contiguous`: the last token of the document before, an input without a target yet. */
  #open: number | undefined;

  constructor({ mode, cols, maxRows }: { mode: BatchMode; cols: number; maxRows: number }) {
    this.#mode = mode;
    this.#cols = cols;
    this.restart(maxRows);
  }

  /** Empties the window for the stretch that follows, in the same memory where that is enough. */
  restart(maxRows: number): void {
    this.#maxRows = maxRows;
    this.#pieces = [];
    this.#pairs = 0;
    this.#rowsTaken = 0;
    if (this.#inputs.length >= maxRows * this.#cols) return;
    this.#inputs = new Int32Array(maxRows * this.#cols);
    this.#targets = new Int32Array(maxRows * this.#cols);
  }

  /** Starts a new stream in `contiguous` mode: the next document's first token is no target. */
  breakStream(): void {
    this.#open = undefined;
  }

  /** Input of each pair, `[pairs]`. */
  get inputs(): Int32Array {
    return this.#inputs;
  }

  /** Target of each pair, `[pairs]`. */
  get targets(): Int32Array {
    return this.#targets;
  }

  /** What the pairs were cut into, in the order of the log; empty in `contiguous` mode. */
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
   */
  add(ids: Uint16Array | Uint32Array, from: number): number {
    if (ids.length === 0) return 0;
    if (this.#open !== undefined) {
      this.#addPair(this.#open, ids[0] as number);
      this.#open = undefined;
    }
    const wanted = ids.length - 1 - from;
    const count = Math.min(wanted, this.#room());
    const at = this.#pairs;
    for (let i = 0; i < count; i++) {
      this.#inputs[at + i] = ids[from + i] as number;
      this.#targets[at + i] = ids[from + i + 1] as number;
    }
    this.#pairs += count;
    if (this.#mode === "contiguous") {
      if (count === wanted) this.#open = ids[ids.length - 1] as number;
    } else {
      for (let done = 0; done < count; done += this.#cols) {
        this.#pieces.push({ at: at + done, length: Math.min(this.#cols, count - done) });
        this.#rowsTaken++;
      }
    }
    return from + count;
  }

  #addPair(input: number, target: number): void {
    this.#inputs[this.#pairs] = input;
    this.#targets[this.#pairs++] = target;
  }

  #room(): number {
    return this.#mode === "pad"
      ? (this.#maxRows - this.#rowsTaken) * this.#cols
      : this.#maxRows * this.#cols - this.#pairs;
  }
}
