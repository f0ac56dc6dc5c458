/**
 * Counter-based random numbers: any draw can be recomputed from its name and index alone, so a
 * resumed run needs no generator state. Philox4x32-10 of Salmon et al., "Parallel Random Numbers:
 * As Easy as 1, 2, 3" (SC 2011).
 *
 * @module
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** Four 32-bit words. */
export type Words4 = [number, number, number, number];

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16, aLow = a & 0xffff, bHigh = b >>> 16, bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** One Philox4x32-10 block. */
export function philox(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0), low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2), low1 = Math.imul(M1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a, 64 bits (Fowler, Noll, Vo), as two words: a stream's name in the shape of a counter. */
function hashName(name: string): [low: number, high: number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return [Number(hash & 0xffffffffn), Number(hash >> 32n)];
}

/**
 * A named stream of random numbers, addressed by epoch and index. `word`, `uniform` and `normal` of
 * one index use the same bits, so each use needs its own name.
 */
export interface RandomStream {
  /** Unsigned 32-bit integer number `index` of the epoch; `index` a non-negative safe integer. */
  word(index: number): number;
  /** Uniform in [0, 1) with 32 bits. */
  uniform(index: number): number;
  /** Standard normal (Box–Muller). */
  normal(index: number): number;
  /** Shuffles `items` in place (Fisher–Yates); `index` names the shuffle. */
  shuffle<T>(items: T[], index: number): T[];
}

/**
 * Opens the stream `name` of `seed` at `epoch`.
 *
 * @param seed non-negative safe integer
 * @throws {RangeError} for any other seed, or an epoch outside [0, 2^32)
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randomStream } from "./random.ts";
 * const a = randomStream(42, { name: "shuffle", epoch: 1 });
 * assertEquals(a.word(7), randomStream(42, { name: "shuffle", epoch: 1 }).word(7));
 * ```
 */
export function randomStream(
  seed: number,
  { name, epoch = 0 }: { name: string; epoch?: number },
): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Cannot seed "${name}": --seed must be an integer >= 0, got ${seed}`);
  }
  if (!Number.isInteger(epoch) || epoch < 0 || epoch >= 2 ** 32) {
    throw new RangeError(`Cannot open stream "${name}": epoch must be in [0, 2^32), got ${epoch}`);
  }
  // The cipher mixes name and seed, so that no two pairs share a key by simple arithmetic.
  const [nameLow, nameHigh] = hashName(name);
  const [key0, key1] = philox([nameLow, nameHigh, 0, 0], [seed >>> 0, Math.floor(seed / 2 ** 32)]);
  const key = [key0, key1] as const;
  // Index, epoch and salt have separate words, so no two draws of a stream share a counter.
  const block = (index: number, salt: number): Words4 =>
    philox([index >>> 0, Math.floor(index / 2 ** 32) >>> 0, epoch, salt], key);
  const word = (index: number) => block(index, 0)[0];
  return {
    word,
    uniform: (index) => word(index) / 2 ** 32,
    normal(index) {
      const [a, b] = block(index, 0);
      return Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32)) * Math.cos(2 * Math.PI * b / 2 ** 32);
    },
    shuffle(items, index) {
      for (let i = items.length - 1; i > 0; i--) {
        // A salt of i + 1 keeps one shuffle's draws apart from every other index's.
        const j = Math.floor(block(index, i + 1)[0] / 2 ** 32 * (i + 1));
        [items[i], items[j]] = [items[j] as typeof items[0], items[i] as typeof items[0]];
      }
      return items;
    },
  };
}
