/**
 * The answers of OpenAI's API, as its published OpenAPI document describes them: the same names of
 * fields, the required ones required, and no others allowed.
 *
 * @module
 */
import { z } from "zod";

const count = z.int().nonnegative();
const unixTime = z.int().positive();

/** CompletionUsage. */
export const usage = z.strictObject({
  completion_tokens: count,
  prompt_tokens: count,
  total_tokens: count,
  completion_tokens_details: z.strictObject({
    accepted_prediction_tokens: count.optional(),
    audio_tokens: count.optional(),
    reasoning_tokens: count.optional(),
    rejected_prediction_tokens: count.optional(),
  }).optional(),
  prompt_tokens_details: z.strictObject({
    audio_tokens: count.optional(),
    cached_tokens: count.optional(),
  }).optional(),
});

const finishReason = z.enum(["stop", "length", "content_filter"]);
const chatFinishReason = z.enum([
  "stop",
  "length",
  "content_filter",
  "tool_calls",
  "function_call",
]);

/** ChatCompletionMessageToolCall. */
const toolCall = z.strictObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

/** ChatCompletionMessageToolCallChunk. */
const toolCallChunk = z.strictObject({
  index: count,
  id: z.string().optional(),
  type: z.literal("function").optional(),
  function: z.strictObject({ name: z.string().optional(), arguments: z.string().optional() })
    .optional(),
});

const completionLogprobs = z.strictObject({
  text_offset: z.array(count),
  token_logprobs: z.array(z.number()),
  tokens: z.array(z.string()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
});

/** CreateCompletionResponse. */
export const completion = z.strictObject({
  id: z.string(),
  choices: z.array(z.strictObject({
    finish_reason: finishReason,
    index: count,
    logprobs: completionLogprobs.nullable(),
    text: z.string(),
  })),
  created: unixTime,
  model: z.string(),
  system_fingerprint: z.string(),
  object: z.literal("text_completion"),
  usage: usage.optional(),
});

/**
 * A chunk of a streamed completion: the same object, as the document says. Until the last the
 * service itself sends null for the reason, and for usage where that was asked for.
 */
export const completionChunk = completion.extend({
  choices: z.array(completion.shape.choices.element.extend({
    finish_reason: finishReason.nullable(),
  })),
  usage: usage.nullish(),
});

const tokenLogprob = z.strictObject({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullable(),
});

/** ChatCompletionTokenLogprob, in the `logprobs` of a choice. */
const chatLogprobs = z.strictObject({
  content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })).nullable(),
  refusal: z.null(),
});

/** CreateChatCompletionResponse. */
export const chatCompletion = z.strictObject({
  id: z.string(),
  choices: z.array(z.strictObject({
    finish_reason: chatFinishReason,
    index: count,
    message: z.strictObject({
      content: z.string().nullable(),
      refusal: z.string().nullable(),
      role: z.literal("assistant"),
      tool_calls: z.array(toolCall).optional(),
      // Not OpenAI's: what DeepSeek's API and vLLM call it.
      reasoning_content: z.string().optional(),
    }),
    logprobs: chatLogprobs.nullable(),
  })),
  created: unixTime,
  model: z.string(),
  system_fingerprint: z.string().optional(),
  object: z.literal("chat.completion"),
  usage: usage.optional(),
});

/** CreateChatCompletionStreamResponse. */
export const chatCompletionChunk = z.strictObject({
  id: z.string(),
  choices: z.array(z.strictObject({
    delta: z.strictObject({
      content: z.string().nullable().optional(),
      role: z.literal("assistant").optional(),
      refusal: z.string().nullable().optional(),
      tool_calls: z.array(toolCallChunk).optional(),
      reasoning_content: z.string().optional(),
    }),
    logprobs: chatLogprobs.nullable().optional(),
    finish_reason: chatFinishReason.nullable(),
    index: count,
  })),
  created: unixTime,
  model: z.string(),
  system_fingerprint: z.string().optional(),
  object: z.literal("chat.completion.chunk"),
  usage: usage.nullish(),
});

/** Model. */
export const model = z.strictObject({
  id: z.string(),
  created: unixTime,
  object: z.literal("model"),
  owned_by: z.string(),
});

/** ListModelsResponse. */
export const modelList = z.strictObject({ object: z.literal("list"), data: z.array(model) });

/** ErrorResponse. */
export const errorResponse = z.strictObject({
  error: z.strictObject({
    code: z.string().nullable(),
    message: z.string().min(1),
    param: z.string().nullable(),
    type: z.string(),
  }),
});
