import { NR } from "../sizes.ts";
import { type ElementType, lines, MULTIPLY_ADD } from "./source.ts";

/** Steps of k in the loop's body. */
const UNROLL = 4;
/** Vectors in a panel's row, and its bytes. */
const VECTORS = NR / 4;
const STEP = NR * 4;
/** Sums of each column, which hide latency: those of f32 must run over k, those of int8 are exact. */
const CHAINS = { f32: 1, int8: UNROLL } as const;

/**
 * `(y, x, b, k, cols, accumulate)`: `y = (accumulate ? y : 0) + x[k] · b` for a panel `[k][NR]` of b,
 * of which columns past `cols` are dropped. Sums of int8 do not accumulate.
 */
export function matvecSource({ name, type }: { name: string; type: ElementType }): string {
  const multiplyAdd = MULTIPLY_ADD[type];
  const chains = CHAINS[type];
  const sum = (v: number, k = 0) => `s${k % chains * VECTORS + v}`;
  const step = (k: number) =>
    `a = v128.load32_splat(x, ${k * 4});\n` +
    lines(VECTORS, (v) => {
      const at = k * STEP + v * 16;
      return `${sum(v, k)} = ${multiplyAdd}(a, v128.load(b, ${at}), ${sum(v, k)});`;
    });
  const advance = (steps: number) => `x += ${steps * 4};\nb += ${steps * STEP};`;
  const total = (v: number) =>
    Array.from({ length: chains - 1 }, (_, k) => sum(v, k + 1))
      .reduce((left, right) => `i32x4.add(${left}, ${right})`, sum(v));
  return `
import { ${multiplyAdd} } from "../assembly/madd";
import { storePart, storeWhole } from "../assembly/store";

export function ${name}(
  y: usize,
  x: usize,
  b: usize,
  k: i32,
  cols: i32,
  accumulate: i32,
): void {
${lines(chains * VECTORS, (i) => `let s${i} = f32x4.splat(0);`)}
let a: v128;
for (; k >= ${UNROLL}; k -= ${UNROLL}) {
${lines(UNROLL, step)}
${advance(UNROLL)}
}
for (; k > 0; k--) {
${step(0)}
${advance(1)}
}
${lines(VECTORS, (v) => `s${v} = ${total(v)};`)}
if (cols < ${NR}) {
${lines(VECTORS, (i) => `storePart(y + ${i * 16}, s${i}, min(cols - ${i * 4}, 4), accumulate);`)}
return;
}
${lines(VECTORS, (i) => `storeWhole(y + ${i * 16}, s${i}, accumulate);`)}
}
`;
}
