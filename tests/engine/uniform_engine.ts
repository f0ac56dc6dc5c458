/**
 * A model that finds every token equally likely.
 *
 * @module
 */
import { checkPrompt, type Engine, type Sequence } from "../../engine/engine.ts";
import { readGolden } from "./golden.ts";

const { config: golden } = await readGolden("gqa_untied");

/** An engine with all logits 0 over `vocabSize` tokens. */
export function uniformEngine(vocabSize: number): Engine {
  const config = { ...golden, vocab_size: vocabSize, max_position_embeddings: 4096 };
  return {
    config,
    fingerprint: "uniform",
    cache: { totalBytes: 0, usedBytes: 0 },
    createSequence(promptIds): Sequence {
      checkPrompt(promptIds, config);
      let { length } = promptIds;
      return {
        get length() {
          return length;
        },
        reused: 0,
        append: () => void length++,
        [Symbol.dispose]: () => {},
      };
    },
    step: (sequences) => Promise.resolve(sequences.map(() => new Float32Array(vocabSize))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
