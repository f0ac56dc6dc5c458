/**
 * The scores of rows by trees of depth 4, in WebAssembly: eight rows at once, without a branch. A bit
 * for each leaf that a row may still end in is kept; each node whose value is greater than its threshold
 * clears those of its left side, and the lowest that is left is the row's (QuickScorer, Lucchese et al.
 * 2015).
 *
 * @module
 */

/** Features of a row at most. */
const MAX_WIDTH = 256;
/** Rows that are taken at a time. */
export const ROWS_AT_ONCE = 64;
/** Inner nodes and leaves of a tree. */
const INNER = 15, LEAVES = 16;

/** Where the memory holds the numbers of eight rows, the sums, the leaves left of each node, rows and nodes. */
const COLUMNS = 0;
const SUMS = COLUMNS + MAX_WIDTH * 32;
const MASKS = SUMS + ROWS_AT_ONCE * 8;
const ROWS = MASKS + INNER * 16;
const NODES = ROWS + ROWS_AT_ONCE * MAX_WIDTH * 4;
const PAGE = 65536;

/** Opcodes (WebAssembly Core Specification 3, chapter "Binary Format"). */
const OP = {
  loop: [0x03, 0x40],
  end: [0x0b],
  again: [0x0d, 0],
  less: [0x49],
  plus: [0x6a],
  times: [0x6c],
  i32Load: [0x28, 2],
  f32Load: [0x2a, 2],
  f32Store: [0x38, 2],
  load: [0xfd, 0x00, 0],
  store: [0xfd, 0x0b, 0],
  loadSplat: [0xfd, 0x09, 0],
  loadFirst: [0xfd, 0x5c, 0],
  loadSecond: [0xfd, 0x56, 0],
  greater: [0xfd, 0x44],
  narrow: [0xfd, 0x85, 0x01],
  and: [0xfd, 0x4e],
  andNot: [0xfd, 0x4f],
  negative: [0xfd, 0x81, 0x01],
  add16: [0xfd, 0x8e, 0x01],
  shiftLeft16: [0xfd, 0x8b, 0x01],
  countBits: [0xfd, 0x62],
  addPairs: [0xfd, 0x7d],
  lane16: [0xfd, 0x19],
  splat64: [0xfd, 0x14],
  promote: [0xfd, 0x5f],
  add64: [0xfd, 0xf0, 0x01],
  ones: [0xfd, 0x0c, ...new Array<number>(16).fill(0xff)],
} as const;
const I32 = 0x7f, F64 = 0x7c, V128 = 0x7b;

const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [value % 128 | 128, ...unsigned(Math.floor(value / 128))];
const constant = (value: number): number[] => {
  const [low, rest] = [value & 127, value >> 7];
  return rest === 0 && low < 64 ? [0x41, low] : [0x41, low | 128, ...constant(rest).slice(1)];
};
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const advance = (local: number, by: readonly number[]) => [
  ...get(local),
  ...by,
  ...OP.plus,
  ...set(local),
];
const section = (id: number, content: readonly number[]) => [
  id,
  ...unsigned(content.length),
  ...content,
];
const text = (name: string) => [name.length, ...new TextEncoder().encode(name)];
const times = (count: number, code: (at: number) => readonly number[]) =>
  Array.from({ length: count }, (_, at) => code(at)).flat();

/** The function's parameters, then its integers and its vectors. */
const [NODES_END, FIRST_LEAF, BIAS, ROWS_END, STRIDE, WIDTH] = [0, 1, 2, 3, 4, 5] as const;
const [ROW, SUM, COLUMN, VALUE, NODE, LEAF, AT] = [6, 7, 8, 9, 10, 11, 12] as const;
const [LEFT, THRESHOLD, TOTAL] = [13, 14, 15] as const;

/** Puts eight rows side by side, column by column. */
const transposed = [
  ...constant(COLUMNS),
  ...set(COLUMN),
  ...get(ROW),
  ...set(VALUE),
  ...OP.loop,
  ...get(VALUE),
  ...set(AT),
  ...times(8, (row) => [
    ...get(COLUMN),
    ...get(AT),
    ...OP.f32Load,
    0,
    ...OP.f32Store,
    row * 4,
    ...advance(AT, get(STRIDE)),
  ]),
  ...advance(VALUE, constant(4)),
  ...advance(COLUMN, constant(32)),
  ...get(COLUMN),
  ...get(WIDTH),
  ...OP.less,
  ...OP.again,
  ...OP.end,
];

/** Asks the nodes of a tree, then adds what the leaves hold. */
const treeWalked = [
  ...OP.ones,
  ...set(LEFT),
  ...times(INNER, (node) => [
    ...get(NODE),
    ...OP.i32Load,
    ...unsigned(node * 8),
    ...set(AT),
    ...get(NODE),
    ...OP.loadSplat,
    ...unsigned(node * 8 + 4),
    ...set(THRESHOLD),
    ...get(LEFT),
    ...[0, 16].flatMap((half) => [...get(AT), ...OP.load, half, ...get(THRESHOLD), ...OP.greater]),
    ...OP.narrow,
    ...constant(0),
    ...OP.load,
    ...unsigned(MASKS + node * 16),
    ...OP.and,
    ...OP.andNot,
    ...set(LEFT),
  ]),
  // The bits below the lowest are as many as its number.
  ...get(LEFT),
  ...get(LEFT),
  ...OP.negative,
  ...OP.and,
  ...OP.ones,
  ...OP.add16,
  ...OP.countBits,
  ...OP.addPairs,
  ...constant(2),
  ...OP.shiftLeft16,
  ...set(LEFT),
  ...times(4, (pair) => {
    const leafOf = (lane: number) => [
      ...get(LEAF),
      ...get(LEFT),
      ...OP.lane16,
      lane,
      ...OP.plus,
    ];
    return [
      ...get(TOTAL + pair),
      ...leafOf(2 * pair + 1),
      ...leafOf(2 * pair),
      ...OP.loadFirst,
      0,
      ...OP.loadSecond,
      0,
      1,
      ...OP.promote,
      ...OP.add64,
      ...set(TOTAL + pair),
    ];
  }),
];

const body = [
  ...[2, 7, I32, 6, V128],
  ...constant(ROWS),
  ...set(ROW),
  ...constant(SUMS),
  ...set(SUM),
  ...OP.loop,
  ...transposed,
  ...times(4, (pair) => [...get(BIAS), ...OP.splat64, ...set(TOTAL + pair)]),
  ...constant(NODES),
  ...set(NODE),
  ...get(FIRST_LEAF),
  ...set(LEAF),
  ...OP.loop,
  ...treeWalked,
  ...advance(LEAF, constant(LEAVES * 4)),
  ...advance(NODE, constant(INNER * 8)),
  ...get(NODE),
  ...get(NODES_END),
  ...OP.less,
  ...OP.again,
  ...OP.end,
  ...times(4, (pair) => [...get(SUM), ...get(TOTAL + pair), ...OP.store, pair * 16]),
  ...advance(SUM, constant(64)),
  ...advance(ROW, [...constant(8), ...get(STRIDE), ...OP.times]),
  ...get(ROW),
  ...get(ROWS_END),
  ...OP.less,
  ...OP.again,
  ...OP.end,
  ...OP.end,
];

const CODE = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 6, I32, I32, F64, I32, I32, I32, 0]),
  ...section(2, [1, ...text("host"), ...text("memory"), 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...text("score"), 0, 0]),
  ...section(10, [1, ...unsigned(body.length), ...body]),
]);
let compiled: WebAssembly.Module | undefined;

/** Trees of depth 4, as a forest has them. */
export interface Trees {
  readonly bias: number;
  readonly features: Uint8Array;
  readonly thresholds: Float32Array;
  readonly leaves: Float32Array;
}

/** The bits of the leaves left of each node of a tree. */
const LEFT_OF = Array.from({ length: INNER }, (_, node) => {
  const level = Math.floor(Math.log2(node + 1)), span = LEAVES >> level;
  return ((1 << (span / 2)) - 1) << (span * (node + 1 - 2 ** level));
});

/** Writes the sums of `rows`, at most {@linkcode ROWS_AT_ONCE} of `width` numbers, and returns them. */
export type ScoreRows = (rows: Float32Array, width: number) => Float64Array;

/** Trees made ready to score rows. */
export function readyTrees({ bias, features, thresholds, leaves }: Trees): ScoreRows {
  const nodesEnd = NODES + features.length * 8;
  const pages = Math.ceil((nodesEnd + leaves.byteLength) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages });
  const { buffer } = memory;
  new Uint16Array(buffer, MASKS, INNER * 8).set(LEFT_OF.flatMap((mask) => new Array(8).fill(mask)));
  new Int32Array(buffer, NODES).set(Array.from(features).flatMap((feature) => [feature * 32, 0]));
  const nodes = new Float32Array(buffer, NODES);
  for (const [at, threshold] of thresholds.entries()) nodes[2 * at + 1] = threshold;
  new Float32Array(buffer, nodesEnd).set(leaves);
  const sums = new Float64Array(buffer, SUMS, ROWS_AT_ONCE);
  const room = new Float32Array(buffer, ROWS, ROWS_AT_ONCE * MAX_WIDTH);
  compiled ??= new WebAssembly.Module(CODE);
  const { score } = new WebAssembly.Instance(compiled, { host: { memory } }).exports;
  const run = score as (...numbers: number[]) => void;
  return (rows, width) => {
    room.set(rows);
    run(nodesEnd, nodesEnd, bias, ROWS + rows.byteLength, width * 4, width * 32);
    return sums;
  };
}
