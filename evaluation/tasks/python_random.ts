/**
 * The random numbers of Python's `random.Random(seed)`, by which other evaluations draw their examples:
 * the Mersenne Twister (Matsumoto and Nishimura, 1998), and `sample` and `shuffle` over it.
 *
 * @module
 */

/** Words of the generator's state, and how far ahead of a word its partner lies. */
const N = 624, M = 397;

/** Draws as Python's `random.Random` does. */
export interface PythonRandom {
  /** Indices of `random.sample(range(length), count)`. */
  sample(length: number, count: number): number[];
  /** The values in the order of `random.shuffle`. */
  shuffle<T>(values: readonly T[]): T[];
}

/**
 * The generator of a seed below 2^32.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pythonRandom } from "./python_random.ts";
 * assertEquals(pythonRandom(1234).sample(10, 3), [7, 1, 0]);
 * ```
 */
export function pythonRandom(seed: number): PythonRandom {
  const next = twister(seed);
  /** Uniform below `limit`. */
  const below = (limit: number): number => {
    const bits = 32 - Math.clz32(limit);
    for (;;) {
      const drawn = next() >>> (32 - bits);
      if (drawn < limit) return drawn;
    }
  };
  return {
    sample(length, count) {
      if (count > length) throw new RangeError(`Cannot draw ${count} of ${length}`);
      const smallest = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
      if (length <= smallest) {
        const pool = Array.from({ length }, (_, at) => at);
        return Array.from({ length: count }, (_, done) => {
          const at = below(length - done);
          const drawn = pool[at] as number;
          pool[at] = pool[length - done - 1] as number;
          return drawn;
        });
      }
      const drawn = new Set<number>();
      while (drawn.size < count) drawn.add(below(length));
      return [...drawn];
    },
    shuffle(values) {
      const mixed = [...values];
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [mixed[at], mixed[other]] = [mixed[other], mixed[at]] as [
          typeof values[0],
          typeof values[0],
        ];
      }
      return mixed;
    },
  };
}

/** 32-bit words of MT19937, initialised by an array of one word as Python does. */
function twister(seed: number): () => number {
  const state = new Uint32Array(N);
  const word = (at: number) => state[at] as number;
  const mixed = (at: number) => word(at - 1) ^ (word(at - 1) >>> 30);
  state[0] = 19_650_218;
  for (let at = 1; at < N; at++) state[at] = Math.imul(1_812_433_253, mixed(at)) + at;
  let at = 1;
  const step = () => {
    if (++at < N) return;
    state[0] = word(N - 1);
    at = 1;
  };
  for (let k = 0; k < N; k++, step()) {
    state[at] = (word(at) ^ Math.imul(mixed(at), 1_664_525)) + seed;
  }
  for (let k = 1; k < N; k++, step()) {
    state[at] = (word(at) ^ Math.imul(mixed(at), 1_566_083_941)) - at;
  }
  state[0] = 2 ** 31;
  let used = N;
  return () => {
    if (used === N) {
      twist(state);
      used = 0;
    }
    let drawn = word(used++);
    drawn ^= drawn >>> 11;
    drawn ^= (drawn << 7) & 0x9d2c5680;
    drawn ^= (drawn << 15) & 0xefc60000;
    return (drawn ^ (drawn >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let at = 0; at < N; at++) {
    const joined = ((state[at] as number) & 2 ** 31) |
      ((state[(at + 1) % N] as number) & (2 ** 31 - 1));
    const odd = joined & 1 ? 0x9908b0df : 0;
    state[at] = (state[(at + M) % N] as number) ^ (joined >>> 1) ^ odd;
  }
}
