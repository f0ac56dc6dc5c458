/**
 * A model that says what it is told to, whatever the prompt.
 *
 * @module
 */
import { checkPrompt, type Engine, type Sequence } from "../../engine/engine.ts";
import type { TextCodec } from "../../engine/text_codec.ts";
import { readGolden } from "./golden.ts";

const { config: golden } = await readGolden("gqa_untied");

/** An engine whose answers are `script`; what was asked is kept in `prompts`. */
export interface ScriptedEngine extends Engine {
  script: string;
  readonly prompts: number[][];
}

/** A model over the vocabulary of `codec` that finds one token alone likely. */
export function scriptedEngine(codec: TextCodec): ScriptedEngine {
  const config = { ...golden, vocab_size: codec.vocabSize, max_position_embeddings: 8192 };
  const left = new WeakMap<Sequence, number[]>();
  const prompts: number[][] = [];
  return {
    config,
    fingerprint: "scripted",
    cache: { totalBytes: 0, usedBytes: 0 },
    script: "",
    prompts,
    createSequence(promptIds): Sequence {
      checkPrompt(promptIds, config);
      prompts.push(Array.from(promptIds));
      let { length } = promptIds;
      const said = [...Array.from(codec.encode(this.script, { allowSpecial: true }))];
      const sequence: Sequence = {
        get length() {
          return length;
        },
        reused: Math.min(3, length - 1),
        append() {
          length++;
          said.shift();
        },
        [Symbol.dispose]: () => {},
      };
      left.set(sequence, said);
      return sequence;
    },
    step: (sequences) =>
      Promise.resolve(sequences.map((sequence) => {
        const logits = new Float32Array(codec.vocabSize);
        logits[left.get(sequence)?.[0] ?? codec.endOfTextId] = 100;
        return logits;
      })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
