/**
 * A register tile of 6 rows by 16 columns that V8 turns into 256-bit instructions where its flag
 * `--experimental-wasm-revectorize` is set and the machine has AVX2: twice the arithmetic of 128-bit
 * vectors, to the same bits, since each sum runs over k as before.
 *
 * V8 joins two operations on 128-bit neighbours when nothing that may trap lies between their loads
 * and between their stores. Deno's V8 checks the bounds of each access, which may trap, unless the
 * address is a constant inside the memory's least size. So B and C of the tile lie at constant
 * addresses, the k loop is unrolled, and each worker has a module for its own addresses. What lies
 * there: C of the tile, 128 steps of k of its 16 columns of B, unfinished tiles.
 *
 * @module
 */
import { Body, encodeModule, type WasmFunction } from "./encode.ts";

/** Bytes that the tile of one worker takes. */
export const WIDE_BYTES = 2 ** 16;
/** Where B begins, from the worker's first byte on; must equal kernels/assembly/wide.ts. */
const B = 512;
const ROWS = 6;
/** 128-bit vectors in a row of the tile. */
const WIDTH = 4;
/** Most steps of k that the tile takes at once. */
const STEPS = 128;
/** Bits of the tile's `mode`. */
const Mode = { begun: 1, unfinished: 2, add: 4 } as const;

/** What stands in for the tile where it is not used: nothing may call it. */
export const NO_TILE: WebAssembly.ModuleImports = { tile: refuse };

function refuse(): never {
  throw new TypeError("Cannot multiply: this instance has no wide tile");
}

/** The tile at `base` of `memory`; `base` and the {@linkcode WIDE_BYTES} behind it are its own. */
export function instantiateTile(
  memory: WebAssembly.Memory,
  base: number,
): WebAssembly.ModuleImports {
  const module = new WebAssembly.Module(wideModule(base));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as WebAssembly.ModuleImports;
}

/**
 * The module of the tile whose C, B and unfinished tiles lie at `base`, {@linkcode WIDE_BYTES}. It
 * exports `tile(steps, a4, a2, mode, kept, c4, c2, ldc)`: C += A · B over 1 to 128 steps of k. A's
 * first four rows, `[k][4]`, are at `a4`; its last two at `a2`, also 16 bytes a step. C starts from
 * zero, or with mode 1 from the 384 bytes at `kept`; it goes, with mode 2, to `kept`, or else its
 * first four rows to `c4`, its last two to `c2`, rows `ldc` bytes apart: with mode 4 they are added.
 * Steps are 1 to 3 or a multiple of 4.
 */
export function wideModule(base: number): Uint8Array<ArrayBuffer> {
  // Without an index in its address V8 would not pair an access.
  if (base <= 0 || base % 64 !== 0) {
    throw new RangeError(`Cannot place the wide tile at ${base}: it needs a multiple of 64`);
  }
  return encodeModule(base + WIDE_BYTES, [{ ...tile(base), name: "tile" }]);
}

/**
 * The tile, for at most so many steps. Without `pairs` the same at addresses that V8 does not pair,
 * for comparison: constants without an offset lose their index.
 */
export function tile(
  base: number,
  { steps = STEPS, pairs = true }: { steps?: number; pairs?: boolean } = {},
): WasmFunction {
  const body = new Body(ROWS * WIDTH + WIDTH + 2);
  const own = (at: number) => {
    body.constant(pairs ? base : base + at);
    return pairs ? at : 0;
  };
  begin(body, own);
  multiply(body, own, steps);
  finish(body, own);
  return { parameters: 8, body };
}

/** Whether the unrolled loop may end before this step. */
const mayEnd = (k: number) => k > 0 && (k < 4 || k % 4 === 0);

/** Puts an address of the tile's own memory on the stack; returns the offset that goes with it. */
type Own = (at: number) => number;

const [STEPS_LEFT, A4, A2, MODE, KEPT, C4, C2, LDC] = [0, 1, 2, 3, 4, 5, 6, 7];
const sum = (row: number, column: number) => 8 + row * WIDTH + column;
const b = (column: number) => 8 + ROWS * WIDTH + column;
const A = 8 + ROWS * WIDTH + WIDTH;
const ELEMENT = A + 1;

/** Sums from zero, where WebAssembly's locals begin, or from what is kept. */
function begin(body: Body, own: Own): void {
  body.ifAny(MODE, Mode.begun);
  eachPlace((at) => {
    const offset = own(at);
    body.get(KEPT).load(at).store(offset);
  });
  eachPlace((at, row, column) => body.load(own(at)).set(sum(row, column)));
  body.end();
}

function multiply(body: Body, own: Own, steps: number): void {
  body.block();
  for (let k = 0; k < steps; k++) {
    if (mayEnd(k)) body.leaveIfAtMost(STEPS_LEFT, k);
    for (let column = 0; column < WIDTH; column++) {
      body.load(own(B + (k * WIDTH + column) * 16)).set(b(column));
    }
    for (let row = 0; row < ROWS; row++) {
      if (row === 0) body.get(A4).load(k * 16).set(A);
      if (row === 4) body.get(A2).load(k * 16).set(A);
      body.splatLane(A, row % 4).set(ELEMENT);
      for (let column = 0; column < WIDTH; column++) {
        body.get(ELEMENT).get(b(column)).get(sum(row, column)).madd().set(sum(row, column));
      }
    }
  }
  body.end();
}

/** From these stores on V8 looks for pairs; the sums then go where they belong. */
function finish(body: Body, own: Own): void {
  eachPlace((at, row, column) => {
    const offset = own(at);
    body.get(sum(row, column)).store(offset);
  });
  body.ifAny(MODE, Mode.unfinished);
  eachPlace((at, row, column) => body.get(KEPT).get(sum(row, column)).store(at));
  body.otherwise().ifAny(MODE, Mode.add);
  storeRows(body, { add: true });
  body.otherwise();
  storeRows(body, { add: false });
  body.end().end();
}

function storeRows(body: Body, { add }: { add: boolean }): void {
  for (let row = 0; row < ROWS; row++) {
    const c = row < 4 ? C4 : C2;
    if (row !== 0 && row !== 4) body.get(c).get(LDC).add().set(c);
    for (let column = 0; column < WIDTH; column++) {
      body.get(c).get(sum(row, column));
      if (add) body.get(c).load(column * 16).addVectors();
      body.store(column * 16);
    }
  }
}

function eachPlace(visit: (at: number, row: number, column: number) => void): void {
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < WIDTH; column++) {
      visit((row * WIDTH + column) * 16, row, column);
    }
  }
}
