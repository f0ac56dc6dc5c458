/**
 * Tasks: files of questions, and how many of them a model answers right.
 *
 * @module
 */
import type { OpenModel } from "../../run/model_source.ts";
import { ChatSession } from "../../run/chat_session.ts";
import { Scheduler, type TextCodec } from "../../engine/mod.ts";
import { TASK_FORMS, type TaskFormName } from "./forms.ts";
import { corePairs } from "./core_pairs.ts";
import type { ChoiceItem, ClozeItem, CoreItem, ExactItem, TaskItem } from "./item.ts";
import { type Continuation, type Likelihood, likelihoods } from "./likelihood.ts";
import { readJsonLines } from "./read.ts";

/** A task by its form and file. */
export interface TaskFile {
  readonly form: TaskFormName;
  readonly file: string;
}

/** How a model did, by the metrics of lm-evaluation-harness. */
export interface TaskScore {
  readonly items: number;
  /** Share of the questions whose answer is right. */
  readonly acc?: number;
  /** The same with likelihoods by the character. */
  readonly accNorm?: number;
  /** Share of the answers that are right to the letter. */
  readonly exactMatch?: number;
  /** Of the first of these, by the number of questions. */
  readonly standardError: number;
  /** Of the continuations, by the text. */
  readonly perplexity?: number;
  /** Questions that were longer than the model's context, so that their beginning was left out. */
  readonly cut?: number;
  /** Accuracy between guessing (0) and being right (1), where it is known what guessing gives. */
  readonly centered?: number;
  /** Its standard error. */
  readonly centeredError?: number;
}

/** The model as far as a task needs it. */
export type TaskModel =
  & Pick<OpenModel, "engine" | "chatTemplate" | "stopIds">
  & { readonly codec: TextCodec };

/**
 * Reads a task.
 *
 * @throws {UsageError} naming the line that is not in the task's form
 */
export async function readTask({ form, file }: TaskFile): Promise<TaskItem[]> {
  return await readJsonLines<TaskItem>(file, { read: TASK_FORMS[form], as: form });
}

/** Asks a model every question. */
export async function scoreTask(
  model: TaskModel,
  items: readonly TaskItem[],
  onDone: (done: number) => void = () => {},
): Promise<TaskScore> {
  let done = 0;
  const tick = () => onDone(++done);
  const of = <K extends TaskItem["kind"]>(kind: K) =>
    items.filter((item): item is Extract<TaskItem, { kind: K }> => item.kind === kind);
  // A form makes items of one kind.
  if (items[0]?.kind === "core") return await scoreCore(model, of("core"), tick);
  if (items[0]?.kind === "choice") return await scoreChoices(model, of("choice"), tick);
  if (items[0]?.kind === "cloze") return await scoreCloze(model, of("cloze"), tick);
  return await scoreExact(model, of("exact"), tick);
}

async function scoreChoices(
  { engine, codec }: TaskModel,
  items: readonly ChoiceItem[],
  tick: () => void,
): Promise<TaskScore> {
  const all = items.flatMap(({ context, continuations }) =>
    continuations.map((text) => encodePair(codec, context, text))
  );
  const found = await likelihoods(engine, all, tick);
  const byItem = inGroups(found, items.map(({ lengths }) => lengths.length));
  const right = items.map(({ gold, lengths }, at) => {
    const own = (byItem[at] as Likelihood[]).map(({ logprob }) => logprob);
    const byLength = own.map((logprob, at) => logprob / (lengths[at] as number));
    return { acc: highest(own) === gold, accNorm: highest(byLength) === gold };
  });
  return {
    ...shareOf(right.map(({ acc }) => acc), (acc) => ({ acc })),
    accNorm: mean(right.map(({ accNorm }) => Number(accNorm))),
    ...cutOf(byItem),
  };
}

/** By the mean over the tokens that tell the texts apart, or whether each of them is the likeliest. */
async function scoreCore(
  { engine, codec }: TaskModel,
  items: readonly CoreItem[],
  tick: () => void,
): Promise<TaskScore> {
  const begin = engine.config.bos_token_id ?? codec.endOfTextId;
  const asked = items.map(({ form, texts }) =>
    corePairs(texts.map((text) => [begin, ...Array.from(codec.encode(text))]), form)
  );
  const byItem = inGroups(
    await likelihoods(engine, asked.flat(), tick),
    asked.map(({ length }) => length),
  );
  const right = items.map(({ form, gold }, at) => {
    const own = byItem[at] as Likelihood[];
    if (form === "language_modeling") return own[0]?.isGreedy === true;
    const each = asked[at] as Continuation[];
    return gold === highest(own.map(({ logprob }, k) => logprob / (each[k]?.ids.length ?? 1)));
  });
  return { ...shareOf(right, (acc) => ({ acc })), ...cutOf(byItem) };
}

/** Consecutive groups of the given lengths. */
function inGroups<T>(values: readonly T[], lengths: readonly number[]): T[][] {
  let from = 0;
  return lengths.map((length) => values.slice(from, from += length));
}

/** How many questions were cut, where any was. */
function cutOf(byItem: readonly (readonly Likelihood[])[]): Pick<TaskScore, "cut"> {
  const cut = byItem.filter((found) => found.some(({ isCut }) => isCut)).length;
  return cut > 0 ? { cut } : {};
}

async function scoreCloze(
  { engine, codec }: TaskModel,
  items: readonly ClozeItem[],
  tick: () => void,
): Promise<TaskScore> {
  const pairs = items.map(({ context, continuation }) => encodePair(codec, context, continuation));
  const found = await likelihoods(engine, pairs, tick);
  return {
    ...shareOf(found.map(({ isGreedy }) => isGreedy), (acc) => ({ acc })),
    perplexity: Math.exp(-mean(found.map(({ logprob }) => logprob))),
    ...cutOf(found.map((one) => [one])),
  };
}

/** Tokens that an answer may be longer than the right one before it is wrong for certain. */
const SPARE_TOKENS = 4;

async function scoreExact(
  { engine, codec, chatTemplate, stopIds }: TaskModel,
  items: readonly ExactItem[],
  tick: () => void,
): Promise<TaskScore> {
  const scheduler = new Scheduler(engine);
  const right: boolean[] = [];
  for (const { messages, answer } of items) {
    const session = new ChatSession({
      writer: { scheduler, codec, stopIds },
      template: chatTemplate,
      sampling: {
        temperature: 0,
        seed: 0,
        maxTokens: codec.encode(answer).length + SPARE_TOKENS,
      },
      messages: messages.slice(0, -1),
    });
    const { signal } = new AbortController();
    const question = messages.at(-1)?.content ?? "";
    const said = (await Array.fromAsync(session.answer(question, { signal }))).join("");
    right.push(said.trim() === answer.trim());
    tick();
  }
  return shareOf(right, (exactMatch) => ({ exactMatch }));
}

/**
 * A text and its continuation as ids: those of both together, after those of the text alone; spaces
 * that end the text belong to what follows.
 */
export function encodePair(
  codec: TextCodec,
  context: string,
  continuation: string,
): Continuation {
  const before = context.trimEnd();
  const whole = Array.from(codec.encode(context + continuation));
  const own = before === "" ? 0 : codec.encode(before).length;
  const start = own === 0 ? [codec.endOfTextId] : whole.slice(0, own);
  return { context: start, ids: whole.slice(own) };
}

/** The score of questions that are right or wrong, by the metric that `named` names. */
function shareOf(
  right: readonly boolean[],
  named: (share: number) => Pick<TaskScore, "acc" | "exactMatch">,
): TaskScore {
  const share = mean(right.map(Number));
  const { length } = right;
  const standardError = Math.sqrt(share * (1 - share) / Math.max(1, length - 1));
  return { items: length, ...named(share), standardError };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Place of the highest value, the first of several. */
const highest = (values: readonly number[]) => values.indexOf(Math.max(...values));
