/**
 * Pseudorandom permutations that compute any place on its own: no table, so that a pass over a
 * corpus of any size can be entered anywhere in constant time and memory.
 *
 * @module
 */
import { randomStream } from "./random.ts";

/** Rounds of the Feistel network; small domains need them all to look uniform. */
const ROUNDS = 10;

/**
 * A permutation of the integers in [0, length), as a function from place to value: an alternating
 * Feistel network over the smallest rectangle that holds the domain, walking on while it is outside
 * (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002).
 *
 * @param length non-negative safe integer
 * @throws {RangeError} from the function, for a place outside [0, length)
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { permutation } from "./permutation.ts";
 * const order = permutation(5, { seed: 1, name: "documents", epoch: 0 });
 * const values = [0, 1, 2, 3, 4].map(order);
 * assertEquals(values.toSorted(), [0, 1, 2, 3, 4]);
 * ```
 */
export function permutation(
  length: number,
  { seed, name, epoch = 0 }: { seed: number; name: string; epoch?: number },
): (place: number) => number {
  const random = randomStream(seed, { name, epoch });
  const columns = Math.max(1, Math.ceil(Math.sqrt(length)));
  const rows = Math.max(1, Math.ceil(length / columns));
  const draw = (round: number, half: number) => random.word(half * ROUNDS + round);
  const step = (value: number): number => {
    let column = value % columns, row = Math.floor(value / columns);
    for (let round = 0; round < ROUNDS; round += 2) {
      column = (column + draw(round, row)) % columns;
      row = (row + draw(round + 1, column)) % rows;
    }
    return row * columns + column;
  };
  return (place) => {
    if (!(place >= 0 && place < length)) {
      throw new RangeError(`Cannot permute ${place}: it is not in [0, ${length})`);
    }
    let value = step(place);
    while (value >= length) value = step(value);
    return value;
  };
}
