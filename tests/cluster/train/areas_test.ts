import { assert, assertEquals } from "@std/assert";
import {
  areaOf,
  bytesOf,
  decodeBatches,
  decodeState,
  encodeBatches,
  encodeState,
} from "../../../cluster/train/areas.ts";

/** Some numbers among zeros, minus zero among them. */
function area(length: number, at: Readonly<Record<number, number>>): Float32Array {
  const values = new Float32Array(length);
  for (const [index, value] of Object.entries(at)) values[Number(index)] = value;
  return values;
}

Deno.test("a replica's state: zeros take no room, and every other bit is kept", () => {
  const length = 5000;
  const state = {
    firstMoment: area(length, { 0: 1.5, 1023: -2, 4999: 1e-45 }),
    secondMoment: area(length, {}),
    residual: area(length, { 2500: -0 }),
  };
  for (const { residual, ...moments } of [state, { ...state, residual: undefined }]) {
    const whole = { ...moments, ...residual && { residual } };
    const bytes = encodeState(whole);
    const decoded = decodeState(bytes, { hasResidual: residual !== undefined });
    assertEquals(decoded, whole);
    assertEquals(Object.is(decoded.residual?.[2500], -0), residual !== undefined);
    // A few blocks of 4 KiB of 40,000 or 60,000 bytes.
    assert(bytes.length < 5 * 4096, `${bytes.length} bytes`);
  }
});

Deno.test("weights and batches come back as they were", () => {
  const weights = area(7, { 3: 0.5, 6: -1 });
  assertEquals(areaOf(bytesOf(weights, { start: 0, end: 7 })), weights);
  assertEquals(areaOf(bytesOf(weights, { start: 3, end: 5 })), Float32Array.of(0.5, 0));
  const ids = { inputIds: Int32Array.of(1, 2), targetIds: Int32Array.of(2, 3) };
  const plain = { ...ids, mask: Int32Array.of(1, 0), rows: 1, cols: 2, validTokens: 1 };
  const packed = { ...plain, segmentIds: Int32Array.of(0, 1), rows: 2, cols: 1 };
  const cursor = (batch: number) => ({ cursor: { epoch: 0, batch, state: null } });
  assertEquals([...decodeBatches(encodeBatches([plain, packed]))], [
    { ...plain, ...cursor(1) },
    { ...packed, ...cursor(2) },
  ]);
});
