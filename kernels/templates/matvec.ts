import { NR } from "../sizes.ts";
import { type ElementType, lines, MULTIPLY_ADD } from "./source.ts";

/** Steps of k in the loop's body. */
const UNROLL = 4;
/** Vectors in a panel's row, and its bytes. */
const VECTORS = NR / 4;
const STEP = NR * 4;

/**
 * `(y, x, b, stride, k, [cols,] accumulate)`: `y = (accumulate ? y : 0) + x[k] · b` for panels
 * `[k][NR]` of b, `stride` bytes apart, side by side: sums of several hide the latency of a
 * multiply-add. Of a single panel, columns past `cols` are dropped. Sums of int8 do not accumulate.
 */
export function matvecSource(
  { name, type, panels }: { name: string; type: ElementType; panels: number },
): string {
  const multiplyAdd = MULTIPLY_ADD[type];
  const step = (k: number) =>
    `a = v128.load32_splat(x${k > 0 ? ` + ${k * 4}` : ""});\n` +
    lines(panels, (p) =>
      lines(VECTORS, (v) => {
        const sum = `s${p * VECTORS + v}`;
        return `${sum} = ${multiplyAdd}(a, v128.load(b${p}, ${k * STEP + v * 16}), ${sum});`;
      }));
  const advance = (steps: number) =>
    `x += ${steps * 4};\n${lines(panels, (p) => `b${p} += ${steps * STEP};`)}`;
  const storePartial = `if (cols < ${NR}) {
${lines(VECTORS, (i) => `storePart(y + ${i * 16}, s${i}, min(cols - ${i * 4}, 4), accumulate);`)}
return;
}`;
  return `
import { ${multiplyAdd} } from "../assembly/madd";
import { storePart, storeWhole } from "../assembly/store";

export function ${name}(
  y: usize,
  x: usize,
  b0: usize,
  stride: usize,
  k: i32,
${panels > 1 ? "" : "  cols: i32,"}
  accumulate: i32,
): void {
${lines(panels * VECTORS, (i) => `let s${i} = f32x4.splat(0);`)}
${lines(panels - 1, (p) => `let b${p + 1} = b${p} + stride;`)}
let a: v128;
for (; k >= ${UNROLL}; k -= ${UNROLL}) {
${lines(UNROLL, step)}
${advance(UNROLL)}
}
for (; k > 0; k--) {
${step(0)}
${advance(1)}
}
${panels > 1 ? "" : storePartial}
${lines(panels * VECTORS, (i) => `storeWhole(y + ${i * 16}, s${i}, accumulate);`)}
}
`;
}
