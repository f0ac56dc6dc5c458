import { checkPrompt, type Engine, type Sequence } from "../../../engine/engine.ts";
import type { TextCodec } from "../../../engine/text_codec.ts";
import type { TaskModel } from "../../../evaluation/tasks/task.ts";
import { readGolden } from "../../engine/golden.ts";

const { config: golden } = await readGolden("gqa_untied");

/** Ends a text, and begins one. */
const END = "^";

/**
 * A model whose every probability is written down: of each character after another. What is not named
 * is as likely as all else that is not. A token is a character (code point).
 */
export function bigramModel(
  alphabet: string,
  chances: Readonly<Record<string, Readonly<Record<string, number>>>>,
  { context = 64 }: { context?: number } = {},
): TaskModel {
  const letters = [END, ...alphabet];
  const config = {
    ...golden,
    vocab_size: letters.length,
    max_position_embeddings: context,
    bos_token_id: 0,
  };
  const last = new WeakMap<Sequence, string>();
  const row = (before: string) => {
    const named = chances[before] ?? {};
    const rest = 1 - Object.values(named).reduce((sum, chance) => sum + chance, 0);
    const others = letters.length - Object.keys(named).length;
    return Float32Array.from(letters, (letter) => Math.log(named[letter] ?? rest / others));
  };
  const engine: Engine = {
    config,
    fingerprint: "bigram",
    cache: { totalBytes: 0, usedBytes: 0 },
    createSequence(ids): Sequence {
      checkPrompt(ids, config);
      let { length } = ids;
      const sequence: Sequence = {
        get length() {
          return length;
        },
        reused: 0,
        append(id) {
          length++;
          last.set(this, letters[id] ?? "");
        },
        [Symbol.dispose]: () => {},
      };
      last.set(sequence, letters[ids[ids.length - 1] ?? 0] ?? "");
      return sequence;
    },
    step: (sequences) => Promise.resolve(sequences.map((one) => row(last.get(one) ?? ""))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const codec: TextCodec = {
    encode: (text) =>
      Array.from(text, (letter) => {
        const id = letters.indexOf(letter);
        if (id < 0) throw new RangeError(`no token is ${JSON.stringify(letter)}`);
        return id;
      }),
    decodeStream: () => ({ push: (id) => letters[id] ?? "", flush: () => "" }),
    endOfTextId: 0,
    vocabSize: letters.length,
    bytesOf: (id) => new TextEncoder().encode(letters[id] ?? ""),
    isSpecial: (id) => id === 0,
  };
  return { engine, codec, chatTemplate: undefined, stopIds: new Set([0]) };
}
