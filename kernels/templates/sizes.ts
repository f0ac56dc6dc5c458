import * as sizes from "../sizes.ts";
import * as tileMemory from "../simd256/tile_memory.ts";

/** The constants that callers and kernels share. */
export function sizesSource(): string {
  return Object.entries({ ...sizes, ...tileMemory }).flatMap(([name, value]) =>
    typeof value === "number" ? [`export const ${name}: i32 = ${value};`] : []
  ).join("\n");
}
