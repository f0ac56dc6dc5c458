/**
 * Areas and batches as bytes.
 *
 * @module
 */
import { joinBytes } from "../../model/bytes.ts";
import type { ReplicaState, Segment } from "../../stages/train/mod.ts";
import type { Batch } from "../../stages/types.ts";

/** A batch without its place in the corpus, which decides nothing. */
type BareBatch = Omit<Batch, "cursor" | "cursors">;

/** Cuts bytes into `count` areas of the same length. */
function cut(bytes: Uint8Array<ArrayBuffer>, count: number, what: string): Float32Array[] {
  const length = bytes.byteLength / 4 / count;
  if (!Number.isInteger(length)) {
    throw new RangeError(`Cannot read ${what}: it is of another length`);
  }
  return Array.from(
    { length: count },
    (_, i) => new Float32Array(bytes.buffer, bytes.byteOffset + 4 * i * length, length),
  );
}

/** The bytes of an area, or of a segment of it. */
export function bytesOf(area: Float32Array, { start, end }: Segment): Uint8Array<ArrayBuffer> {
  return joinBytes([area.subarray(start, end)]);
}

/** The area in `bytes`. */
export function areaOf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const [area] = cut(bytes, 1, "weights");
  return area as Float32Array;
}

/** Words of a block, of which one that is all zero is left out. */
const BLOCK = 1024;

/**
 * What a replica keeps, but for its guard. Blocks of zeros are left out: Muon has no second moments,
 * and they would be a third of the bytes.
 */
export function encodeState(
  { firstMoment, secondMoment, residual }: Omit<ReplicaState, "guard">,
): Uint8Array<ArrayBuffer> {
  const whole = joinBytes([firstMoment, secondMoment, ...residual ? [residual] : []]);
  // Bits, not values: minus zero is none.
  const words = new Int32Array(whole.buffer);
  const blocks = Array.from(
    { length: Math.ceil(words.length / BLOCK) },
    (_, i) => words.subarray(i * BLOCK, (i + 1) * BLOCK),
  );
  const isKept = blocks.map((block) => block.some((word) => word !== 0));
  const kept = Int32Array.from(isKept, Number);
  return joinBytes([Int32Array.of(words.length), kept, ...blocks.filter((_, i) => isKept[i])]);
}

/** The same from `bytes`. */
export function decodeState(
  bytes: Uint8Array<ArrayBuffer>,
  { hasResidual }: { hasResidual: boolean },
): Omit<ReplicaState, "guard"> {
  const given = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const words = new Int32Array(given[0] as number);
  const blocks = Math.ceil(words.length / BLOCK);
  let at = 1 + blocks;
  for (let block = 0; block < blocks; block++) {
    if (given[1 + block] === 0) continue;
    const length = Math.min(BLOCK, words.length - block * BLOCK);
    words.set(given.subarray(at, at + length), block * BLOCK);
    at += length;
  }
  const whole = new Uint8Array(words.buffer);
  const [firstMoment, secondMoment, residual] = cut(whole, hasResidual ? 3 : 2, "moments");
  return { firstMoment, secondMoment, ...residual && { residual } } as Omit<ReplicaState, "guard">;
}

/** Batches, each after its shape. */
export function encodeBatches(batches: readonly BareBatch[]): Uint8Array<ArrayBuffer> {
  return joinBytes(
    batches.flatMap(({ inputIds, targetIds, mask, segmentIds, rows, cols, validTokens }) => [
      Int32Array.of(rows, cols, validTokens, segmentIds ? 1 : 0),
      ...[inputIds, targetIds, mask, ...segmentIds ? [segmentIds] : []],
    ]),
  );
}

/** The batches in `bytes`. */
export function* decodeBatches(bytes: Uint8Array<ArrayBuffer>): Generator<Batch, void> {
  let at = bytes.byteOffset;
  const ints = (length: number) => {
    const taken = new Int32Array(bytes.buffer, at, length);
    at += taken.byteLength;
    return taken;
  };
  for (let batch = 1; at < bytes.byteOffset + bytes.byteLength; batch++) {
    const [rows = 0, cols = 0, validTokens = 0, isSegmented] = ints(4);
    const [inputIds, targetIds, mask] = [ints(rows * cols), ints(rows * cols), ints(rows * cols)];
    const segments = isSegmented === 1 ? { segmentIds: ints(rows * cols) } : {};
    const cursor = { epoch: 0, batch, state: null };
    yield { inputIds, targetIds, mask, ...segments, rows, cols, validTokens, cursor };
  }
}
