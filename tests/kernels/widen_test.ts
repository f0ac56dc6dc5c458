import { assertEquals } from "@std/assert";
import * as reference from "../../kernels/reference/mod.ts";
import { testKernels } from "./arena.ts";

testKernels("parts of small matrices are widened as the reference does", (newArena) => {
  for (const cols of [1, 3, 4, 5, 7, 8, 9, 16, 31]) {
    const [rows, ld] = [3, 33];
    const arena = newArena(cols);
    const bytes = arena.integers(Array.from({ length: rows * ld }, () => arena.draw(2 ** 32) | 0));
    const scales = arena.floats(rows);
    const dst = arena.floats(rows * cols);
    const wanted = new Float32Array(rows * cols);
    const { memory: { buffer }, kernels } = arena;

    kernels.widen_int8(dst.at, bytes, scales.at, rows, cols, ld);
    const whole = new Int8Array(buffer, bytes, rows * ld);
    reference.widen_int8(wanted, whole, scales.actual, rows, cols, ld);
    assertEquals(dst.actual, wanted, `int8 cols=${cols}`);

    // As bits: some stand for no number.
    kernels.widen_bf16(dst.at, bytes, rows, cols, ld);
    reference.widen_bf16(wanted, new Uint16Array(buffer, bytes, rows * ld), rows, cols, ld);
    const bits = ({ buffer, byteOffset, length }: Float32Array) =>
      new Uint32Array(buffer, byteOffset, length);
    const quiet = (word: number) => (word & 0x7f800000) === 0x7f800000 ? word | 0x400000 : word;
    assertEquals(bits(dst.actual).map(quiet), bits(wanted).map(quiet), `bf16 cols=${cols}`);
    arena.checkFences(`cols=${cols}`);
  }
});
