/**
 * What the API answers with, for its description.
 *
 * @module
 */
import { z } from "zod";

const count = z.int().nonnegative();
const logprob = z.number().describe("natural logarithm of the probability");
const fingerprint = z.string().describe("the weights, such as step-000900");

const usage = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.strictObject({
    cached_tokens: count.describe("of the prompt, found in the cache"),
  }),
});

/** The fields that every answer has. */
const head = {
  id: z.string(),
  created: count.describe("seconds since 1970"),
  model: z.string(),
  system_fingerprint: fingerprint,
};

const reason = z.enum(["stop", "length"]);

const completionChoice = z.strictObject({
  index: count,
  text: z.string(),
  logprobs: z.strictObject({
    tokens: z.array(z.string()),
    token_logprobs: z.array(logprob.nullable()),
    top_logprobs: z.array(z.record(z.string(), logprob).nullable()),
    text_offset: z.array(count),
  }).nullable(),
  finish_reason: reason,
});

const chatReason = z.enum([...reason.options, "tool_calls"]);
const reasoning = z.string().optional().describe("thoughts before the text");
const toolCall = z.strictObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string(), arguments: z.string().describe("JSON") }),
});
const toolCallChunk = z.strictObject({
  index: count,
  id: z.string().optional(),
  type: z.literal("function").optional(),
  function: z.strictObject({
    name: z.string().optional(),
    arguments: z.string().describe("some more of the JSON"),
  }),
});

const bytes = z.array(z.int().min(0).max(255));
const token = z.strictObject({
  token: z.string(),
  logprob,
  bytes: bytes.nullable(),
});
const chatLogprobs = z.strictObject({
  content: z.array(token.extend({ top_logprobs: z.array(token) })).nullable(),
  refusal: z.null(),
}).nullable();

const model = z.strictObject({
  id: z.string(),
  object: z.literal("model"),
  created: count,
  owned_by: z.string(),
  loaded: z.boolean().optional().describe("of several models: whether it is in memory"),
  max_model_len: count.optional().describe("tokens of its context; of models in memory"),
});

/** Schemas by the name that they have in the description. */
export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  Completion: z.strictObject({
    ...head,
    object: z.literal("text_completion"),
    choices: z.array(completionChoice),
    usage,
  }),
  CompletionChunk: z.strictObject({
    ...head,
    object: z.literal("text_completion"),
    choices: z.array(completionChoice.extend({ finish_reason: reason.nullable() })),
    usage: usage.nullable().optional(),
  }),
  ChatCompletion: z.strictObject({
    ...head,
    object: z.literal("chat.completion"),
    choices: z.array(z.strictObject({
      index: count,
      message: z.strictObject({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        refusal: z.null(),
        reasoning_content: reasoning,
        tool_calls: z.array(toolCall).optional(),
      }),
      logprobs: chatLogprobs,
      finish_reason: chatReason,
    })),
    usage,
  }),
  ChatCompletionChunk: z.strictObject({
    ...head,
    object: z.literal("chat.completion.chunk"),
    choices: z.array(z.strictObject({
      index: count,
      delta: z.strictObject({
        role: z.literal("assistant").optional(),
        content: z.string().optional(),
        refusal: z.null().optional(),
        reasoning_content: reasoning,
        tool_calls: z.array(toolCallChunk).optional(),
      }),
      logprobs: chatLogprobs,
      finish_reason: chatReason.nullable(),
    })),
    usage: usage.nullable().optional(),
  }),
  Embeddings: z.strictObject({
    object: z.literal("list"),
    data: z.array(z.strictObject({
      object: z.literal("embedding"),
      index: count,
      embedding: z.union([
        z.array(z.number()),
        z.base64().describe("float32, little-endian"),
      ]),
    })),
    model: z.string(),
    usage: z.strictObject({ prompt_tokens: count, total_tokens: count }),
  }),
  Model: model,
  Models: z.strictObject({ object: z.literal("list"), data: z.array(model) }),
  Prompts: z.strictObject({ prompts: z.array(z.string().max(120)).max(5) }),
  Tokens: z.strictObject({
    tokens: z.union([
      z.array(count),
      z.array(z.strictObject({
        id: count,
        piece: z.union([z.string(), bytes]).describe("bytes where they are no whole characters"),
        start: count.describe("in bytes of the text"),
        end: count,
      })),
    ]),
    count,
    max_model_len: count.describe("tokens that prompt and answer may have together"),
  }),
  Text: z.strictObject({ content: z.string(), bytes: bytes.optional() }),
  Health: z.strictObject({
    status: z.literal("ok"),
    fingerprint,
    running: count.describe("generations that run"),
    waiting: count.describe("generations in the queue"),
  }),
  Error: z.strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]),
      param: z.string().nullable().describe("the field at fault"),
      code: z.string().nullable(),
    }),
  }),
};
