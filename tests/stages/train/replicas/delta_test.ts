import { assert, assertEquals, assertThrows } from "@std/assert";
import { randomStream } from "../../../../model/random.ts";
import { decodeDelta, encodeDelta } from "../../../../stages/train/replicas/delta.ts";

/** Weights before and after a round; not a multiple of the length of a block. */
function roundOf(length: number, round: number) {
  const random = randomStream(7, { name: "delta", epoch: round });
  const before = Float32Array.from({ length }, (_, i) => random.uniform(i) - 0.5);
  return {
    before,
    after: before.map((weight, i) => weight - 0.01 * (random.uniform(length + i) - 0.5)),
  };
}

const sum = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + (b[i] ?? NaN));

Deno.test("f32: the delta is the difference, whatever its address", () => {
  const { before, after } = roundOf(600, 0);
  const { bytes, residual } = encodeDelta({ before, after }, { form: "f32" });
  const expected = before.map((weight, i) => weight - (after[i] ?? NaN));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  for (const given of [bytes, shifted.subarray(1)]) {
    assertEquals(decodeDelta(given, { form: "f32", length: 600 }), expected);
  }
  assertEquals(residual, undefined);
});

Deno.test("int8: a quarter of the bytes, and what is left out comes with a later round", () => {
  const length = 600;
  let residual: Float32Array = new Float32Array(length);
  let [handed, wanted] = [new Float32Array(length), new Float32Array(length)];
  for (let round = 0; round < 20; round++) {
    const { before, after } = roundOf(length, round);
    const { bytes, residual: left } = encodeDelta({ before, after }, { form: "int8", residual });
    // Three blocks with a scale each.
    assertEquals(bytes.length, length + 3 * 4);
    const delta = before.map((weight, i) => weight - (after[i] ?? NaN));
    const decoded = decodeDelta(bytes, { form: "int8", length });
    residual = left ?? new Float32Array();
    [handed, wanted] = [sum(handed, decoded), sum(wanted, delta)];
    const step = 0.005 / 127;
    for (const [i, error] of residual.entries()) {
      assert(Math.abs(error) <= step, `round ${round}, ${i}: ${error}`);
    }
  }
  for (const [i, total] of sum(handed, residual).entries()) {
    assert(Math.abs(total - (wanted[i] ?? NaN)) < 1e-6, `${i}: ${total}`);
  }
});

Deno.test("int8: nothing is lost of blocks that are zero, or too small for a scale", () => {
  const before = new Float32Array(300), after = new Float32Array(300);
  after[280] = 1e-45;
  const { bytes, residual } = encodeDelta({ before, after }, { form: "int8" });
  assertEquals(decodeDelta(bytes, { form: "int8", length: 300 }), before);
  assertEquals(residual, after.map((value) => 0 - value));
});

Deno.test("bytes of another number of weights are refused", () => {
  assertThrows(
    () => decodeDelta(new Uint8Array(7), { form: "int8", length: 8 }),
    RangeError,
    "Cannot read a delta of 7 bytes: 8 weights have 12 in int8",
  );
});
