/**
 * Tasks: files of questions, and how many of them a model answers right.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";
import type { OpenModel } from "../../run/model_source.ts";
import { ChatSession } from "../../run/chat_session.ts";
import { Scheduler, type TextCodec } from "../../engine/mod.ts";
import { TASK_FORMS, type TaskFormName } from "./forms.ts";
import type { ChoiceItem, ClozeItem, ExactItem, TaskItem } from "./item.ts";
import { type Continuation, likelihoods } from "./likelihood.ts";

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
  const items: TaskItem[] = [];
  let line = 0;
  try {
    const { readable } = await Deno.open(file);
    const lines = readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const json of lines) {
      line++;
      if (json.trim() !== "") items.push(TASK_FORMS[form](JSON.parse(json)));
    }
  } catch (cause) {
    const place = line === 0 ? file : `${file}:${line}`;
    throw new UsageError(`Cannot read ${place} as ${form}: ${reasonOf(cause)}`, { cause });
  }
  if (items.length === 0) throw new UsageError(`Cannot read ${file} as ${form}: it has no line`);
  return items;
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
  let from = 0;
  const right = items.map(({ gold, lengths }) => {
    const own = found.slice(from, from += lengths.length).map(({ logprob }) => logprob);
    const byLength = own.map((logprob, at) => logprob / (lengths[at] as number));
    return { acc: highest(own) === gold, accNorm: highest(byLength) === gold };
  });
  return {
    ...shareOf(right.map(({ acc }) => acc), (acc) => ({ acc })),
    accNorm: mean(right.map(({ accNorm }) => Number(accNorm))),
  };
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
