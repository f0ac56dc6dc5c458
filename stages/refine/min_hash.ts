/**
 * MinHash signatures of texts (Broder 1997), banded for locality-sensitive hashing: 14 bands of 8
 * hashes over 5-grams of words, so that two texts of Jaccard similarity s share a band with
 * probability 1 - (1 - s^8)^14; that is datatrove's and FineWeb's choice.
 *
 * @module
 */
import { splitWords } from "./words.ts";

/** Words in a shingle. */
const SHINGLE_WORDS = 5;
/** Bands of a signature, and hashes in a band. */
export const BANDS = 14;
const BAND_HASHES = 8;
const HASHES = BANDS * BAND_HASHES;

/** MurmurHash3's 32-bit finalizer: every bit of the input moves every bit of the output. */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Odd multipliers and addends that make 64-bit hash functions out of one. */
const HIGH_FACTORS = Uint32Array.from({ length: HASHES }, (_, i) => mix(4 * i + 1) | 1);
const HIGH_TERMS = Uint32Array.from({ length: HASHES }, (_, i) => mix(4 * i + 2));
const LOW_FACTORS = Uint32Array.from({ length: HASHES }, (_, i) => mix(4 * i + 3) | 1);
const LOW_TERMS = Uint32Array.from({ length: HASHES }, (_, i) => mix(4 * i + 4));

/** 64-bit hash of a word by two multiplicative passes of 32 bits. */
function hashWord(word: string): readonly [high: number, low: number] {
  let high = 0x9747b28c, low = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x5bd1e995);
    high ^= high >>> 15;
    low = Math.imul(low ^ unit, 0x01000193);
  }
  return [mix(high), mix(low ^ word.length)];
}

/** Hashes of the distinct shingles of a text, as pairs of high and low halves. */
function hashShingles(text: string): { high: Uint32Array; low: Uint32Array } {
  const words = splitWords(text.toLowerCase()).filter((token) => /[\p{L}\p{N}]/u.test(token));
  const count = Math.max(0, words.length - SHINGLE_WORDS + 1);
  const high = new Uint32Array(count), low = new Uint32Array(count);
  const known = new Map<string, readonly [number, number]>();
  const hashes = words.map((word) => {
    const found = known.get(word) ?? hashWord(word);
    known.set(word, found);
    return found;
  });
  for (let i = 0; i < count; i++) {
    let [a, b] = [0, 0];
    for (let j = i; j < i + SHINGLE_WORDS; j++) {
      const [h, l] = hashes[j] as readonly [number, number];
      // Order counts: each step moves what came before.
      a = mix(Math.imul(a, 0x9e3779b1) + h);
      b = mix(Math.imul(b, 0x85ebca77) + l);
    }
    high[i] = a;
    low[i] = b;
  }
  return { high, low };
}

/**
 * The bands of a text: 14 numbers of 64 bits, each made of the 8 least hashes of its functions.
 * `undefined` for a text of fewer than five words. Case, punctuation and white space do not count.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bandsOf } from "./min_hash.ts";
 * const [a, b] = [bandsOf("One two three four five."), bandsOf("one two three, four five")];
 * assertEquals(a?.length, 14);
 * assertEquals(a, b);
 * ```
 */
export function bandsOf(text: string): BigInt64Array | undefined {
  const { high, low } = hashShingles(text);
  if (high.length === 0) return undefined;
  const leastHigh = new Uint32Array(HASHES).fill(0xffffffff);
  const leastLow = new Uint32Array(HASHES).fill(0xffffffff);
  for (let i = 0; i < HASHES; i++) {
    const [hf, ht] = [HIGH_FACTORS[i] as number, HIGH_TERMS[i] as number];
    const [lf, lt] = [LOW_FACTORS[i] as number, LOW_TERMS[i] as number];
    let [bestHigh, bestLow] = [0xffffffff, 0xffffffff];
    for (let s = 0; s < high.length; s++) {
      const h = mix(Math.imul(high[s] as number, hf) + ht);
      if (h > bestHigh) continue;
      const l = mix(Math.imul(low[s] as number, lf) + lt);
      if (h === bestHigh && l >= bestLow) continue;
      bestHigh = h;
      bestLow = l;
    }
    leastHigh[i] = bestHigh;
    leastLow[i] = bestLow;
  }
  return BigInt64Array.from({ length: BANDS }, (_, band) => fold(band, { leastHigh, leastLow }));
}

/** One number of 64 bits for the eight hashes of a band, other for each band. */
function fold(
  band: number,
  { leastHigh, leastLow }: { leastHigh: Uint32Array; leastLow: Uint32Array },
): bigint {
  let a = mix(band + 1), b = mix(~band);
  for (let i = band * BAND_HASHES; i < (band + 1) * BAND_HASHES; i++) {
    a = mix(Math.imul(a, 0x9e3779b1) + (leastHigh[i] as number) ^ b);
    b = mix(Math.imul(b, 0x85ebca77) + (leastLow[i] as number) ^ a);
  }
  return BigInt.asIntN(64, BigInt(a) << 32n | BigInt(b));
}
