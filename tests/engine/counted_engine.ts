/**
 * A real engine that tells what it was asked to do.
 *
 * @module
 */
import type { Engine, Sequence } from "../../engine/engine.ts";

/** An engine and its log. */
export interface CountedEngine extends Engine {
  /** The sequences of each step, numbered in order of creation. */
  readonly steps: number[][];
  /** Sequences so far. */
  readonly created: number;
  /** Settles when sequence `n` has begun. */
  began(n: number): Promise<void>;
  /** Settles when sequence `n` is disposed of. */
  disposed(n: number): Promise<void>;
  /** Set to make steps fail. */
  failure: Error | undefined;
}

/** Watches `engine`. */
export function countEngine(engine: Engine): CountedEngine {
  const numbers = new Map<Sequence, number>();
  const begins: PromiseWithResolvers<void>[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const begin = (n: number) => begins[n] ??= Promise.withResolvers<void>();
  const end = (n: number) => ends[n] ??= Promise.withResolvers<void>();
  const counted: CountedEngine = {
    config: engine.config,
    fingerprint: engine.fingerprint,
    get cache() {
      return engine.cache;
    },
    get created() {
      return numbers.size;
    },
    steps: [],
    failure: undefined,
    began: (n) => begin(n).promise,
    disposed: (n) => end(n).promise,
    createSequence(promptIds, options) {
      const sequence = engine.createSequence(promptIds, options);
      const n = numbers.size;
      numbers.set(sequence, n);
      begin(n).resolve();
      const dispose = sequence[Symbol.dispose].bind(sequence);
      sequence[Symbol.dispose] = () => {
        dispose();
        end(n).resolve();
      };
      return sequence;
    },
    async step(sequences, options) {
      counted.steps.push(sequences.map((sequence) => numbers.get(sequence) ?? NaN));
      if (counted.failure) throw counted.failure;
      return await engine.step(sequences, options);
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
  return counted;
}
