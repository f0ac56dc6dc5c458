/**
 * Whether another program's logits are those of our engine, and so are the tokens it would choose.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Engine } from "../../engine/mod.ts";

/** A text and what was made of it. */
export interface Path {
  readonly promptIds: readonly number[];
  /** Tokens that follow it. */
  readonly ids: readonly number[];
}

/** What a program sees along a path: place i is after the prompt and i of the tokens. */
export interface Seen {
  /** Of each place, `[V]`. */
  readonly logits: readonly ArrayLike<number>[];
  /** The token it would choose there. */
  readonly choices: readonly number[];
}

/** What was compared of a path. */
export interface Compared {
  /** Places where another choice would have failed. */
  readonly decided: number;
  /** How far our two likeliest logits are apart at the other places. */
  readonly ties: readonly { readonly place: number; readonly margin: number }[];
  /** The largest difference between logits. */
  readonly largest: number;
}

/** What `engine` sees along `path`. */
export async function seenBy(engine: Engine, { promptIds, ids }: Path): Promise<Seen> {
  const logits: Float32Array[] = [];
  using sequence = engine.createSequence(promptIds);
  while (logits.length <= ids.length) {
    const [row] = await engine.step([sequence]);
    if (row === undefined) continue;
    const next = ids[logits.push(row.slice()) - 1];
    if (next !== undefined) sequence.append(next);
  }
  return { logits, choices: logits.map((row) => row.indexOf(Math.max(...row))) };
}

/**
 * Fails unless each logit of `theirs` is within `bound` of ours and each choice is ours wherever our
 * two likeliest logits are 2 `bound` or more apart: logits that close can choose otherwise only
 * where ours are nearer, as each of the two may have moved by `bound`.
 */
export function sameChoices(
  theirs: Seen,
  ours: Seen,
  { bound, name }: { bound: number; name: string },
): Compared {
  assertEquals(theirs.logits.length, ours.logits.length, `${name}: places`);
  const ties: { place: number; margin: number }[] = [];
  let largest = 0;
  for (const [place, row] of ours.logits.entries()) {
    const other = theirs.logits[place] ?? [];
    assertEquals(other.length, row.length, `${name}, place ${place}: logits`);
    for (let id = 0; id < row.length; id++) {
      const [their, our] = [other[id] ?? NaN, row[id] ?? NaN];
      const difference = Math.abs(their - our);
      assert(
        difference <= bound,
        `${name}, place ${place} of ${ours.logits.length}, logit ${id} of ${row.length}: ` +
          `${their}, not ${our}; at most ${bound} apart`,
      );
      largest = Math.max(largest, difference);
    }
    const [first = NaN, second = NaN] = Array.from(row).sort((a, b) => b - a);
    const margin = first - second;
    if (margin < 2 * bound) {
      ties.push({ place, margin });
    } else {
      const [their, our] = [theirs.choices[place], ours.choices[place]];
      assertEquals(their, our, `${name}, place ${place}: choice, by a margin of ${margin}`);
    }
  }
  return { decided: ours.logits.length - ties.length, ties, largest };
}
