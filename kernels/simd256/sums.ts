/**
 * The common part of the 256-bit tiles: 6 rows by 16 columns of sums in registers.
 *
 * @module
 */
import type { ElementType } from "../templates/mod.ts";
import { Body } from "./encode.ts";
import { BEGUN, TILE_COLS, TILE_ROWS, TILE_STEPS } from "./tile_memory.ts";

/** 128-bit vectors in a row of the tile. */
const WIDTH = TILE_COLS / 4;

/** Puts an address of the tile's own memory on the stack; returns the offset that goes with it. */
export type Own = (body: Body, at: number) => number;

/** Where the operands of step k are. */
export interface Operands {
  /** Emits loads of four elements of A: of rows 0 to 3, and of rows 4 and 5. */
  readonly first: (k: number) => Body;
  readonly last: (k: number) => Body;
  /** Offset of each vector of B in the tile's own memory. */
  readonly b: (k: number, column: number) => number;
  /** One f32 per element, or four int8 whose products are summed. */
  readonly type: ElementType;
}

/** Whether the unrolled loop may end before this step. */
const mayEnd = (k: number) => k > 0 && (k < 4 || k % 4 === 0 || k > TILE_STEPS - 4);

/** The body of a tile under construction; the registers are locals after its parameters. */
export class Sums {
  readonly body: Body;
  readonly #parameters: number;
  readonly #own: (at: number) => number;

  constructor(parameters: number, own: Own) {
    this.body = new Body(TILE_ROWS * WIDTH + WIDTH + 2);
    this.#parameters = parameters;
    this.#own = (at) => own(this.body, at);
  }

  /** Starts sums from zero, WebAssembly's initial value of locals, or by mode from unfinished ones. */
  begin(mode: number, kept: number): void {
    const { body } = this;
    body.ifAny(mode, BEGUN);
    // The lower halves go by constant addresses, so that no check lies between a half and the other.
    // Both halves there would be read at once, before their two stores have reached the cache.
    eachPair((at) => {
      const offset = this.#own(at);
      body.get(kept).load(at).store(offset);
    });
    eachPair((at, row, column) => {
      body.get(kept).load(at + 16).set(this.#sum(row, column + 1));
      body.load(this.#own(at)).set(this.#sum(row, column));
    });
    body.end();
  }

  /** Up to `steps` steps of k, unrolled. */
  multiply(
    left: number,
    steps: number,
    { first, last, b: offset, type }: Operands,
  ): void {
    const { body } = this;
    const b = (column: number) => this.#parameters + TILE_ROWS * WIDTH + column;
    const a = this.#parameters + TILE_ROWS * WIDTH + WIDTH;
    const element = a + 1;
    body.block();
    for (let k = 0; k < steps; k++) {
      if (mayEnd(k)) body.leaveIfAtMost(left, k);
      // Joining distant vectors takes a register more, which is free before the other pair is loaded.
      const order = Array.from({ length: WIDTH }, (_, column) => column);
      if (offset(k, 1) - offset(k, 0) === 16) order.push(...order.splice(0, 2));
      for (const column of order) body.load(this.#own(offset(k, column))).set(b(column));
      for (let row = 0; row < TILE_ROWS; row++) {
        if (row === 0) first(k).set(a);
        if (row === 4) last(k).set(a);
        body.splatLane(a, row % 4).set(element);
        for (let column = 0; column < WIDTH; column++) {
          const sum = this.#sum(row, column);
          body.get(b(column)).get(element).get(sum).multiplyAdd(type).set(sum);
        }
      }
    }
    body.end();
  }

  /** Stores the sums to the tile's own memory; V8 searches for pairs from these stores. */
  spill(): void {
    eachPlace((at, row, column) => {
      const offset = this.#own(at);
      this.body.get(this.#sum(row, column)).store(offset);
    });
  }

  /** Stores the spilled sums as unfinished. */
  keep(kept: number): void {
    eachPlace((at) => {
      this.body.get(kept).constant(at).add();
      this.body.load(this.#own(at)).store(0);
    });
  }

  /**
   * Stores the spilled sums to C, or adds them: its first four rows at `c4`, its last two at `c2`. Read
   * back from there, no half of a sum has to be taken out of its register.
   */
  storeRows(c4: number, c2: number, ldc: number, { add }: { add: boolean }): void {
    const { body } = this;
    for (let row = 0; row < TILE_ROWS; row++) {
      const c = row < 4 ? c4 : c2;
      if (row !== 0 && row !== 4) body.get(c).get(ldc).add().set(c);
      for (let column = 0; column < WIDTH; column++) {
        const address = () => body.get(c).constant(column * 16).add();
        address();
        body.load(this.#own((row * WIDTH + column) * 16));
        if (add) address().load(0).addVectors();
        body.store(0);
      }
    }
  }

  #sum(row: number, column: number): number {
    return this.#parameters + row * WIDTH + column;
  }
}

function eachPair(visit: (at: number, row: number, column: number) => void): void {
  eachPlace((at, row, column) => column % 2 === 0 && visit(at, row, column));
}

function eachPlace(visit: (at: number, row: number, column: number) => void): void {
  for (let row = 0; row < TILE_ROWS; row++) {
    for (let column = 0; column < WIDTH; column++) {
      visit((row * WIDTH + column) * 16, row, column);
    }
  }
}
