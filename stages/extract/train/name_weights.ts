/**
 * Learns the weights of names: a logistic regression over the hashed words around blocks.
 *
 * @module
 */
import { roundedNames } from "../block_model.ts";
import type { NameWeights } from "../containers.ts";
import { NAME_SLOTS } from "../names.ts";
import { randomOf } from "./random.ts";

/** A block's names, what it is to be, and how much it counts. */
export interface NamedExample {
  readonly near: readonly number[];
  readonly far: readonly number[];
  /** Of its text, where that is short. */
  readonly words: readonly number[];
  readonly label: number;
  readonly weight: number;
}

const ROUNDS = 12;
const RATE = 0.08;
const DECAY = 2e-4;

/** Learns by AdaGrad (Duchi et al. 2011), in an order that the seed gives. */
export function learnNames(examples: readonly NamedExample[], seed: number): NameWeights {
  const near = new Float32Array(NAME_SLOTS), far = new Float32Array(NAME_SLOTS);
  const words = new Float32Array(NAME_SLOTS);
  const squares = new Float32Array(3 * NAME_SLOTS).fill(0.1);
  let bias = 0;
  const random = randomOf(seed);
  const order = examples.map((_, i) => i);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    for (const i of order) {
      const { near: inner, far: outer, words: told, label, weight } = examples[i] as NamedExample;
      let score = bias;
      for (const slot of inner) score += near[slot] as number;
      for (const slot of outer) score += far[slot] as number;
      for (const slot of told) score += words[slot] as number;
      const slope = weight * (1 / (1 + Math.exp(-score)) - label);
      bias -= 0.01 * slope;
      const learn = (table: Float32Array, slot: number, at: number) => {
        const g = slope + DECAY * (table[slot] as number);
        squares[at] = (squares[at] as number) + g * g;
        table[slot] = (table[slot] as number) - RATE * g / Math.sqrt(squares[at] as number);
      };
      for (const slot of inner) learn(near, slot, slot);
      for (const slot of outer) learn(far, slot, NAME_SLOTS + slot);
      for (const slot of told) learn(words, slot, 2 * NAME_SLOTS + slot);
    }
  }
  return roundedNames({ near, far, words });
}
