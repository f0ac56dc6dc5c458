/**
 * Files of conversations as examples to train on, and every tenth to judge by.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  type ChatExample,
  ChatTemplateError,
  createExampleEncoder,
  type Message,
  type TextCodec,
} from "../../engine/mod.ts";
import type { Example, ExampleUnit } from "../../stages/batch/mod.ts";
import { readConversation, readLines, SkipError, type Skipped } from "./conversations.ts";
import { readPreference } from "./preferences.ts";

/** One in so many is held out. */
const HELD_OUT = 10;

/** Examples in two parts. */
export interface TuneExamples {
  readonly train: readonly ExampleUnit[];
  readonly heldOut: readonly ExampleUnit[];
  readonly skipped: readonly Skipped[];
}

/** Options of {@linkcode readExamples}. */
export interface ReadExamplesOptions {
  readonly files: readonly string[];
  readonly codec: TextCodec;
  readonly template: Parameters<typeof createExampleEncoder>[1];
  /** T */
  readonly cols: number;
  /** Whether a line has a better and a worse answer. */
  readonly preferences: boolean;
}

/** Reads, renders and encodes every line; what cannot be used is left out with its reason. */
export async function readExamples(options: ReadExamplesOptions): Promise<TuneExamples> {
  const { files, codec, template, cols, preferences } = options;
  const encode = createExampleEncoder(codec, template);
  const render = async (messages: readonly Message[]): Promise<ChatExample> => {
    try {
      return await encode(messages);
    } catch (error) {
      if (!(error instanceof ChatTemplateError)) throw error;
      throw new SkipError("refused-by-template", error.message);
    }
  };
  const { made, skipped } = await readLines<ExampleUnit>(files, async (value) => {
    if (!preferences) return [wholeAnswers(await render(readConversation(value)), { cols })];
    const { chosen, rejected } = readPreference(value);
    return pairOf(await render(chosen), await render(rejected), { cols });
  });
  const isHeldOut = (_: unknown, at: number) => at % HELD_OUT === HELD_OUT - 1;
  return {
    train: made.filter((unit, at) => !isHeldOut(unit, at)),
    heldOut: made.filter(isHeldOut),
    skipped,
  };
}

/** As much of a conversation as has whole answers and fits a row. */
function wholeAnswers({ ids, mask }: Example, { cols }: { cols: number }): Example {
  let end = 0;
  mask.forEach((learned, at) => {
    if (learned && !mask[at + 1] && at <= cols) end = at + 1;
  });
  if (!mask.subarray(1, end).includes(1)) {
    throw new SkipError(
      mask.subarray(1).includes(1) ? "too-long" : "no-answer",
      mask.subarray(1).includes(1)
        ? `its first answer ends beyond --context ${cols}`
        : "the chat template marks no answer in it",
    );
  }
  return { ids: ids.slice(0, end), mask: mask.slice(0, end) };
}

/** The better and the worse answer, where they differ. */
function pairOf(a: Example, b: Example, { cols }: { cols: number }): ExampleUnit {
  const differs = a.ids.findIndex((id, at) => id !== b.ids[at]);
  const from = differs === -1 ? a.ids.length : differs;
  const pair = [a, b].map(({ ids, mask }) => ({ ids, mask: mask.slice().fill(0, 0, from) }));
  if (pair.some(({ mask }) => !mask.includes(1))) {
    throw new SkipError("not-a-preference", "one of its answers is the beginning of the other");
  }
  if (a.ids.length + b.ids.length - 2 > cols) {
    throw new SkipError("too-long", `both its answers together are longer than --context ${cols}`);
  }
  return pair;
}

/** What the conversations are as tokens, by which a resumed run knows that they are the same. */
export function digestExamples({ train, heldOut }: TuneExamples): string {
  const hash = createHash("sha256");
  for (const unit of [...train, ...heldOut]) {
    for (const { ids, mask } of unit) hash.update(ids).update(mask);
  }
  return hash.digest("hex");
}
