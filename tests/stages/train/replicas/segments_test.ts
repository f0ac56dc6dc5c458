import { assertEquals } from "@std/assert";
import { decodeDelta, encodeDelta } from "../../../../stages/train/replicas/delta.ts";
import { cutDelta, joinDelta, segmentsOf } from "../../../../stages/train/replicas/segments.ts";

Deno.test("segments cover the weights once, and end between two scales", () => {
  assertEquals(segmentsOf(1000, 3), [
    { start: 0, end: 256 },
    { start: 256, end: 512 },
    { start: 512, end: 1000 },
  ]);
  assertEquals(segmentsOf(300, 4).map(({ start, end }) => end - start), [0, 256, 0, 44]);
});

Deno.test("the segments of a delta are its weights, in both forms and every length", () => {
  for (const length of [1, 255, 256, 257, 1000, 3072]) {
    const before = Float32Array.from({ length }, (_, i) => Math.sin(i));
    const after = new Float32Array(length);
    for (const form of ["f32", "int8"] as const) {
      const { bytes } = encodeDelta({ before, after }, { form });
      for (const count of [1, 2, 8, 12]) {
        const parts = cutDelta(bytes, { form, length, count });
        const weights = segmentsOf(length, count).flatMap(({ start, end }, at) => [
          ...decodeDelta(parts[at] ?? new Uint8Array(), { form, length: end - start }),
        ]);
        assertEquals(weights, [...decodeDelta(bytes, { form, length })]);
        assertEquals(joinDelta(parts, { form, length }), bytes);
      }
    }
  }
});
