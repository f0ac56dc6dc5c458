/**
 * The register tiles under every matrix product. The widest has 4 rows by 12 columns of C in twelve
 * accumulators, which leaves room for one vector of B and two of A in the fifteen registers that V8
 * gives out; the others serve the last columns.
 *
 * V8 checks the bounds of each access with two instructions more, so a tile is as fast as it has few
 * loads. Two elements of A come in one load, as [a0, a1, a0, a1]; multiplied by [b0, b1, b2, b3] and by
 * [b1, b0, b3, b2] they give two rows of four columns, interleaved until they are stored. Each step of
 * k has pointers of its own, since V8 then shares the checks' limits among the steps.
 *
 * A tile is a function of its own, called once a tile, because V8 replaces unoptimised code only at a
 * call.
 *
 * @module
 */
import { MR, NR } from "../sizes.ts";
import { type ElementType, lines, MULTIPLY_ADD } from "./source.ts";

/** Steps of k in the loop's body. */
const UNROLL = 4;
/** Bytes of one k in a panel of either operand. */
const STEP_A = MR * 4;
const STEP_B = NR * 4;

/** What a tile is of: rows a multiple of MR, columns of 4 to NR. */
export interface Tile {
  readonly type: ElementType;
  readonly rows: number;
  readonly columns: number;
}

/**
 * `(c, a0, [a1,] b, k, ldc, rows, cols, accumulate)`: `c[rows, cols] = (accumulate ? c : 0) + a · b`
 * for panels `[k][MR]` of a, `[k][NR]` of b. Rows of c are `ldc` bytes apart. Rows past `rows` and
 * columns past `cols`, which ends in the last vector, are computed and dropped: where rows ≤ MR, a1 may
 * be any panel. Sums of int8 do not accumulate.
 */
export function tileSource({ name, type, rows, columns }: Tile & { name: string }): string {
  const multiplyAdd = MULTIPLY_ADD[type];
  const [panels, pairs, vectors] = [rows / MR, rows / 2, columns / 4];
  const product = (sum: string, x: string, v: string) =>
    `${sum} = ${multiplyAdd}(${x}, ${v}, ${sum});`;
  const loadPair = (pair: number, k: string) =>
    `v128.load64_splat(a${Math.floor(pair / 2)}${k}, ${pair % 2 * 8});`;
  const stepOfVectors = (k: string) => `
${lines(pairs, (p) => `x${p} = ${loadPair(p, k)}`)}
${
    lines(vectors, (v) => `
v = v128.load(b${k}, ${v * 16});
${lines(pairs, (p) => product(`s${p}${v}`, `x${p}`, "v"))}
v = swapPairs(v);
${lines(pairs, (p) => product(`t${p}${v}`, `x${p}`, "v"))}`)
  }`;
  const stepOfPairs = (k: string) => `
v = v128.load(b${k});
w = swapPairs(v);
${
    lines(pairs, (p) => `
x = ${loadPair(p, k)}
${product(`s${p}0`, "x", "v")}
${product(`t${p}0`, "x", "w")}`)
  }`;
  // Elements of A stay in registers past several vectors of B, a single vector of B past them all.
  const step = vectors > 1 ? stepOfVectors : stepOfPairs;
  const pointers: [name: string, bytes: number][] = [
    ...Array.from({ length: panels }, (_, p): [string, number] => [`a${p}`, STEP_A]),
    ["b", STEP_B],
  ];
  const advance = (steps: number) =>
    pointers.map(([name, bytes]) => `${name} += ${bytes * steps};`).join("\n");
  const storeRow = (row: number) => {
    const [pair, half] = [Math.floor(row / 2), row % 2 ? "lower" : "upper"];
    const values = Array.from({ length: vectors }, (_, v) => `${half}(s${pair}${v}, t${pair}${v})`);
    return `storeRow${vectors}(c, ${values}, cols, accumulate);`;
  };
  return `
import { ${multiplyAdd} } from "../assembly/madd";
import { lower, storeRow2, storeRow3, storeRows4, swapPairs, upper } from "../assembly/interleave";

export function ${name}(
  c: usize,
  ${lines(panels, (p) => `a${p}: usize,`)}
  b: usize,
  k: i32,
  ldc: usize,
  rows: i32,
  cols: i32,
  accumulate: i32,
): void {
${
    lines(pairs, (p) =>
      lines(vectors, (v) =>
        `let s${p}${v} = f32x4.splat(0);\nlet t${p}${v} = f32x4.splat(0);`))
  }
let v: v128;
${vectors > 1 ? lines(pairs, (p) => `let x${p}: v128;`) : "let w: v128;\nlet x: v128;"}
for (; k >= ${UNROLL}; k -= ${UNROLL}) {
${step("")}
${
    lines(UNROLL - 1, (i) => `
${
      pointers.map(([name, bytes]) => `const ${name}_${i + 1} = ${name} + ${bytes * (i + 1)};`)
        .join("\n")
    }
${step(`_${i + 1}`)}`)
  }
${advance(UNROLL)}
}
for (; k > 0; k--) {
${step("")}
${advance(1)}
}
${
    vectors > 1
      ? lines(rows, (r) => r ? `if (rows == ${r}) return;\nc += ldc;\n${storeRow(r)}` : storeRow(r))
      : lines(pairs, (p) =>
        `storeRows4(c + ldc * ${2 * p}, s${p}0, t${p}0, ldc, rows - ${2 * p}, cols, accumulate);`)
  }
}
`;
}
