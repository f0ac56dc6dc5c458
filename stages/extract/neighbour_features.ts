/**
 * The second look at a block: what the first look says of it, of the blocks around it, and of the
 * elements that hold it.
 *
 * @module
 */
import { Running } from "./running.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";

const OFFSETS = [-4, -3, -2, -1, 0, 1, 2, 3, 4] as const;
const WINDOWS = [5, 12] as const;
const LEVELS = 6;
/** Numbers that the second look adds. */
export const NEIGHBOUR_FEATURES = OFFSETS.length + WINDOWS.length + LEVELS * 2 + 9;

/** Rows of the first look with those of the second behind them. */
export function withNeighbours(
  blocks: readonly PlacedBlock[],
  { rows, scores, width, likeness }: {
    rows: Float32Array;
    scores: Float32Array;
    width: number;
    likeness: ArrayLike<number>;
  },
): Float32Array {
  const size = blocks.length;
  const wide = width + NEIGHBOUR_FEATURES;
  const out = new Float32Array(size * wide);
  const chance = scores.map((score) => 1 / (1 + Math.exp(-score)));
  const lengths = Float64Array.from(blocks, ({ text }) => Math.min(1000, text.length));
  const mass = new Running(lengths.map((length, i) => length * (chance[i] as number)));
  const text = new Running(lengths);
  const chances = new Running(chance);
  const total = mass.between(0, size), whole = text.between(0, size);
  const best = scores.reduce((a, b) => Math.max(a, b), -20);
  const isKept = (i: number) => (chance[i] as number) > 0.5;
  const until = new Float64Array(size);
  const ahead = new Float64Array(size);
  let headed = 0, headedText = 0;
  for (let i = size - 1, next = 99; i >= 0; i--) {
    until[i] = next;
    next = isKept(i) ? 0 : Math.min(99, next + 1);
    ahead[i] = headedText > 0 ? headed / headedText : 0;
    if (blocks[i]?.kind === "heading") headed = headedText = 0;
    headed += (chance[i] as number) * (lengths[i] as number);
    headedText += lengths[i] as number;
  }
  const paths = new Map<number, [mass: number, text: number]>();
  for (let i = 0; i < size; i++) {
    const path = paths.get(likeness[i] as number) ?? [0, 0];
    path[0] += (chance[i] as number) * (lengths[i] as number);
    path[1] += lengths[i] as number;
    paths.set(likeness[i] as number, path);
  }
  let since = 99, heading = 0;
  for (let i = 0; i < size; i++) {
    let at = i * wide;
    out.set(rows.subarray(i * width, (i + 1) * width), at);
    at += width;
    const tell = (value: number) => void (out[at++] = value);
    for (const offset of OFFSETS) tell(scores[i + offset] ?? -9);
    for (const window of WINDOWS) {
      const first = Math.max(0, i - window), end = Math.min(size, i + window + 1);
      tell(mass.between(first, end) / text.between(first, end));
    }
    let element = blocks[i]?.holder.parent ?? blocks[i]?.holder;
    for (
      let up = 0;
      up < LEVELS && element !== undefined;
      up++, element = element.parent ?? element
    ) {
      tell(mass.in(element) / Math.max(1, text.in(element)));
      tell(mass.in(element) / Math.max(1, total));
    }
    const path = paths.get(likeness[i] as number) as [number, number];
    tell(path[0] / path[1]);
    tell(since);
    tell(until[i] as number);
    tell(ahead[i] as number);
    tell(heading);
    tell((scores[i] as number) - best);
    tell(mass.between(0, i) / Math.max(1, total));
    tell(total / Math.max(1, whole));
    tell(Math.log2(1 + chances.between(0, size)));
    since = isKept(i) ? 0 : Math.min(99, since + 1);
    if (blocks[i]?.kind === "heading") heading = scores[i] as number;
  }
  return out;
}
