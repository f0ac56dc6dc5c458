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

/** Strata at most; each keeps a few hundred bytes. */
const MAX_STRATA = 1024;

/**
 * A permutation of the integers in [0, length) whose every stretch is spread evenly over them:
 * stratified sampling. The domain is cut into about √length strata; each round takes one value of
 * every stratum, strata and values in seeded orders. So the first places of an order over documents
 * that lie folder by folder see each folder by its size, with far less chance than independent draws.
 *
 * @param length non-negative safe integer
 * @throws {RangeError} from the function, for a place outside [0, length)
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { stratifiedPermutation } from "./permutation.ts";
 * const order = stratifiedPermutation(100, { seed: 1, name: "documents" });
 * const first = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(order).sort((a, b) => a - b);
 * assertEquals(first.map((value) => Math.floor(value / 10)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 */
export function stratifiedPermutation(
  length: number,
  { seed, name, epoch = 0 }: { seed: number; name: string; epoch?: number },
): (place: number) => number {
  const strata = Math.min(MAX_STRATA, Math.max(1, Math.floor(Math.sqrt(length))));
  const startOf = (stratum: number) => Math.floor(stratum * length / strata);
  const sizeOf = (stratum: number) => startOf(stratum + 1) - startOf(stratum);
  const rounds = Math.floor(length / strata);
  /** Strata that have a value more than others: the last round is over them alone. */
  const larger = Array.from({ length: strata }, (_, i) => i).filter((i) => sizeOf(i) > rounds);
  const orders = Array.from(
    { length: strata },
    (): ((place: number) => number) | undefined => undefined,
  );
  let current = { round: -1, order: (slot: number) => slot };
  return (place) => {
    if (!(place >= 0 && place < length)) {
      throw new RangeError(`Cannot permute ${place}: it is not in [0, ${length})`);
    }
    const round = Math.floor(place / strata), slot = place % strata;
    if (round !== current.round) {
      const slots = round < rounds ? strata : larger.length;
      const order = permutation(slots, { seed, name: `${name}, round ${round}`, epoch });
      current = { round, order };
    }
    const drawn = current.order(slot);
    const stratum = round < rounds ? drawn : larger[drawn] as number;
    const within = orders[stratum] ??= permutation(sizeOf(stratum), {
      seed,
      name: `${name}, stratum ${stratum}`,
      epoch,
    });
    return startOf(stratum) + within(round);
  };
}
