/**
 * `POST /v1/embeddings`: texts as vectors of length 1.
 *
 * @module
 */
import { z } from "zod";
import { encodeSteps, type Pooling, POOLINGS } from "../../engine/mod.ts";
import { ApiError } from "../api_error.ts";
import { checkIds, unknownModel } from "./answer_checks.ts";
import type { AnswerContext } from "./generation.ts";
import { refusalOf } from "./refusals.ts";
import { anyText, fields, integerFrom, invalid, isIdList, parseBody } from "./request_fields.ts";

/** Texts of one request. */
export const MAX_INPUTS = 256;
/** Texts of one request that are read side by side. */
const AT_ONCE = 16;

const rule = {
  error: `must be a string, an array of token ids, or an array of 1 to ${MAX_INPUTS} of these`,
};
const text = z.string(rule);
const ids = z.array(z.number(rule).int(rule).min(0, rule), rule);

const schema = fields({
  model: anyText().nullish(),
  input: z.union([
    text,
    ids,
    z.array(text, rule).min(1, rule).max(MAX_INPUTS, rule),
    z.array(ids, rule).min(1, rule).max(MAX_INPUTS, rule),
  ], rule),
  encoding_format: z.enum(["float", "base64"], { error: 'must be "float" or "base64"' }).nullish(),
  dimensions: integerFrom(1).nullish().describe("those of the model, where they are given"),
  pooling: z.enum(POOLINGS, { error: 'must be "mean" or "last"' }).nullish()
    .describe("the mean of the hidden states, unless given, or the last one"),
  user: anyText().nullish(),
});

/** Takes what a body may say, for the API's description. */
export const EMBEDDINGS_BODY: z.ZodType = schema;

type Input = string | readonly number[];

const quickSchema = schema.extend({ input: z.custom<Input | readonly Input[]>(isInput, rule) });

function isInput(value: unknown): value is Input | readonly Input[] {
  const isOne = (one: unknown) => typeof one === "string" || isIdList(one);
  if (isOne(value)) return true;
  if (!Array.isArray(value) || value.length > MAX_INPUTS || value.length === 0) return false;
  return value.every((one) => typeof one === "string") || value.every(isIdList);
}

/** Texts as vectors. */
export interface Embedded {
  /** Each `[D]`, of length 1. */
  readonly vectors: readonly Float32Array<ArrayBuffer>[];
  readonly tokens: number;
}

/**
 * Embeds texts.
 *
 * @throws {ApiError} 400 for a text that is empty or does not fit the model, 404 for another model
 */
export async function embed(
  inputs: readonly Input[],
  { pooling, dimensions, context, model, field, cuts = false }: {
    pooling: Pooling;
    /** The model's own, where a request gives them. */
    dimensions: number | null | undefined;
    context: AnswerContext;
    /** The model, or one of its adapters. */
    model: string;
    /** Cuts off what does not fit the model. */
    cuts?: boolean;
    /** Named where a text is wrong. */
    field: (index: number) => string;
  },
): Promise<Embedded> {
  const { scheduler, codec, client, signal, turns } = context;
  const { hidden_size: D, max_position_embeddings } = scheduler.engine.config;
  if (dimensions != null && dimensions !== D) {
    throw invalid(`dimensions must be ${D}, as the model has, not ${dimensions}`, "dimensions");
  }
  const isAdapter = context.adapters?.has(model) ?? false;
  if (model !== context.modelName && !isAdapter) throw unknownModel(model);
  if (!scheduler.engine.embeds) {
    throw new ApiError("This model gives no embeddings: its engine computes logits alone", {
      status: 400,
      param: "model",
      code: "embeddings_not_supported",
    });
  }
  const prompts: number[][] = [];
  for (const [index, input] of inputs.entries()) {
    const promptField = field(index);
    const own = typeof input === "string"
      ? await turns.run(encodeSteps(codec, input, { addPrefix: true }), { client, signal })
      : [...input];
    if (input.length === 0) throw invalid(`${promptField} must not be empty`, promptField);
    const fitting = cuts ? own.slice(0, max_position_embeddings - 1) : own;
    checkIds(fitting, { scheduler, promptField });
    prompts.push(fitting);
  }
  const vectors: Float32Array<ArrayBuffer>[] = [];
  for (let at = 0; at < prompts.length; at += AT_ONCE) {
    const group = prompts.slice(at, at + AT_ONCE);
    vectors.push(
      ...await allOrNone(group, (own, index, signal) =>
        embedOne(own, {
          pooling,
          context: { ...context, signal: AbortSignal.any([context.signal, signal]) },
          adapter: isAdapter ? model : undefined,
          field: field(at + index),
        })),
    );
  }
  return { vectors, tokens: prompts.reduce((sum, { length }) => sum + length, 0) };
}

/** What all of them give; the first failure ends the others, and is thrown once they have ended. */
async function allOrNone<T, Result>(
  items: readonly T[],
  make: (item: T, index: number, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failing = new AbortController();
  let failure: { reason: unknown } | undefined;
  const made = await Promise.all(items.map(async (item, index) => {
    try {
      return [await make(item, index, failing.signal)];
    } catch (reason) {
      failure ??= { reason };
      failing.abort(reason);
      return [];
    }
  }));
  if (failure) throw failure.reason;
  return made.flat();
}

async function embedOne(
  promptIds: readonly number[],
  { pooling, context, adapter, field }: {
    pooling: Pooling;
    context: AnswerContext;
    adapter: string | undefined;
    field: string;
  },
): Promise<Float32Array<ArrayBuffer>> {
  const { scheduler, client, signal, meter, retryAfterSeconds } = context;
  try {
    using slot = await scheduler.admit(promptIds, {
      client,
      signal,
      pooling,
      adapter,
      maxTokens: 0,
    });
    meter.admitted({ promptTokens: promptIds.length, reusedTokens: slot.reused });
    return Float32Array.from(await slot.next());
  } catch (cause) {
    throw refusalOf(cause, { retryAfterSeconds, promptField: field, shapeField: field });
  }
}

/** Answers a request body. */
export async function answerEmbeddings(body: unknown, context: AnswerContext): Promise<Response> {
  const { model: named, input, encoding_format, dimensions, pooling } = parseBody(
    body,
    quickSchema,
  );
  const model = named ?? context.modelName;
  const isOne = typeof input === "string" || isIdList(input);
  const { vectors, tokens } = await embed(isOne ? [input] : input as readonly Input[], {
    pooling: pooling ?? "mean",
    dimensions,
    context,
    model,
    field: (index) => isOne ? "input" : `input.${index}`,
  });
  return Response.json({
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: encoding_format === "base64"
        ? new Uint8Array(vector.buffer).toBase64()
        : Array.from(vector),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}
