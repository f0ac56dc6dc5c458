/**
 * What templates have in common: lines of AssemblyScript, and what a type multiplies and adds by.
 *
 * @module
 */

/** f32, or words of four int8 whose products are summed as whole numbers. */
export type ElementType = "f32" | "int8";

/** The multiply-add of each type in kernels/assembly/madd.ts. */
export const MULTIPLY_ADD = { f32: "madd", int8: "maddInt8" } as const;

/** `line(0)` to `line(count - 1)`, one below the other. */
export function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n");
}
