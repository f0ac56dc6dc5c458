/**
 * Ollama's `/api/embed`, and `/api/embeddings`, which came before it.
 *
 * @module
 */
import { z } from "zod";
import { embed, MAX_INPUTS } from "../openai/embeddings.ts";
import type { AnswerContext } from "../openai/generation.ts";
import { anyText, fields, flag, integerFrom, parseBody } from "../openai/request_fields.ts";
import { nanoseconds } from "./answer.ts";
import { GENERATING_FIELDS, withoutTag } from "./fields.ts";

const rule = { error: `must be a string or an array of 1 to ${MAX_INPUTS} strings` };
const { keep_alive } = GENERATING_FIELDS;

const options = z.record(z.string(), z.unknown(), { error: "must be an object" }).nullish()
  .describe("how texts are generated, which these are not");

const schema = fields({
  model: anyText(),
  input: z.union(
    [z.string(rule), z.array(z.string(rule), rule).min(1, rule).max(MAX_INPUTS, rule)],
    rule,
  ),
  truncate: flag().nullish().describe("true unless given: what does not fit is cut off"),
  dimensions: integerFrom(1).nullish().describe("those of the model, where they are given"),
  options,
  keep_alive,
});

const promptSchema = fields({ model: anyText(), prompt: anyText(), options, keep_alive });

/** Takes what a body may say, for the API's description. */
export const EMBED_BODY: z.ZodType = schema;

/** Takes what a body of `/api/embeddings` may say, for the API's description. */
export const EMBED_PROMPT_BODY: z.ZodType = promptSchema;

/** Answers a body of `/api/embeddings`. @throws {ApiError} as `embed` does */
export async function answerEmbedPrompt(body: unknown, context: AnswerContext): Promise<Response> {
  const { model, prompt } = parseBody(body, promptSchema);
  const { vectors: [vector = []] } = await embed([prompt], {
    pooling: "mean",
    dimensions: undefined,
    context,
    model: withoutTag(model),
    cuts: true,
    field: () => "prompt",
  });
  return Response.json({ embedding: Array.from(vector) });
}

/** Answers a request body. @throws {ApiError} as `embed` does */
export async function answerEmbed(body: unknown, context: AnswerContext): Promise<Response> {
  const began = performance.now();
  const { model: named, input, truncate, dimensions } = parseBody(body, schema);
  const model = withoutTag(named);
  const isOne = typeof input === "string";
  const { vectors, tokens } = await embed(isOne ? [input] : input, {
    pooling: "mean",
    dimensions,
    context,
    model,
    cuts: truncate ?? true,
    field: (index) => isOne ? "input" : `input.${index}`,
  });
  return Response.json({
    model,
    embeddings: vectors.map((vector) => Array.from(vector)),
    total_duration: nanoseconds(performance.now() - began),
    load_duration: 0,
    prompt_eval_count: tokens,
  });
}
