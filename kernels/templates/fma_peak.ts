import { lines } from "./source.ts";

/**
 * `fma_peak(iterations)`, the ceiling that matrix products are measured against: register-only
 * multiply-adds, `sums` independent sums and `steps` steps per iteration, four lanes. It returns their
 * sum so that nothing is optimised away.
 */
export function fmaPeakSource(
  { name, sums, steps }: { name: string; sums: number; steps: number },
): string {
  return `
import { madd } from "../assembly/madd";

export function ${name}(iterations: i32): f32 {
${lines(sums, (i) => `let s${i} = f32x4.splat(${i});`)}
const x = f32x4.splat(<f32> iterations * 1e-9);
const y = f32x4.splat(<f32> iterations * 1e-3);
for (let i = 0; i < iterations; i++) {
${lines(steps, () => lines(sums, (i) => `s${i} = madd(x, y, s${i});`))}
}
${lines(sums - 1, (i) => `s${sums - 2 - i} = f32x4.add(s${sums - 2 - i}, s${sums - 1 - i});`)}
return f32x4.extract_lane(s0, 0);
}
`;
}
