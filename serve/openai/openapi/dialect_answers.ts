/**
 * What the routes of other protocols answer with, for the API's description.
 *
 * @module
 */
import { z } from "zod";

const count = z.int().nonnegative();
const json = z.record(z.string(), z.unknown());
const status = z.enum(["in_progress", "completed", "incomplete"]);

const responseItem = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("message"),
    id: z.string(),
    role: z.literal("assistant"),
    status,
    content: z.array(z.strictObject({
      type: z.literal("output_text"),
      text: z.string(),
      annotations: z.array(z.never()),
      logprobs: z.array(z.never()),
    })),
  }),
  z.strictObject({
    type: z.literal("function_call"),
    id: z.string(),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string().describe("JSON"),
    status,
  }),
  z.strictObject({
    type: z.literal("reasoning"),
    id: z.string(),
    summary: z.array(z.never()),
    content: z.array(z.strictObject({ type: z.literal("reasoning_text"), text: z.string() })),
    status,
  }),
]);

const response = z.strictObject({
  id: z.string(),
  access_programs: z.null(),
  object: z.literal("response"),
  created_at: count.describe("seconds since 1970"),
  status,
  background: z.literal(false),
  error: z.null(),
  incomplete_details: z.strictObject({ reason: z.literal("max_output_tokens") }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: count.nullable(),
  model: z.string(),
  output: z.array(responseItem),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  reasoning: z.strictObject({ effort: z.null(), summary: z.null() }),
  store: z.boolean(),
  temperature: z.number(),
  text: z.strictObject({ format: json, verbosity: z.literal("medium") }),
  tool_choice: z.union([z.string(), json]),
  tools: z.array(json),
  top_logprobs: z.literal(0),
  top_p: z.number(),
  truncation: z.literal("disabled"),
  usage: z.strictObject({
    input_tokens: count,
    input_tokens_details: z.strictObject({
      cached_tokens: count,
      cache_write_tokens: z.literal(0),
    }),
    output_tokens: count,
    output_tokens_details: z.strictObject({ reasoning_tokens: count }),
    total_tokens: count,
  }).optional().describe("once it has ended"),
  metadata: z.record(z.string(), z.string()),
});

const block = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string(), citations: z.null() }),
  z.strictObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.strictObject({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.string(),
    input: json,
    caller: z.strictObject({ type: z.literal("direct") }),
  }),
]);

const ollamaHead = { model: z.string(), created_at: z.iso.datetime() };
const nanoseconds = count.describe("nanoseconds");
const ollamaEnd = {
  done: z.boolean(),
  done_reason: z.enum(["stop", "length", "load"]).optional(),
  total_duration: nanoseconds.optional(),
  load_duration: nanoseconds.optional(),
  prompt_eval_count: count.optional(),
  prompt_eval_duration: nanoseconds.optional(),
  eval_count: count.optional(),
  eval_duration: nanoseconds.optional(),
};
const ollamaDetails = z.strictObject({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});

/** Schemas by the name that they have in the description. */
export const DIALECT_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  Response: response,
  ResponseDeleted: z.strictObject({
    id: z.string(),
    object: z.literal("response"),
    deleted: z.literal(true),
  }),
  Message: z.strictObject({
    id: z.string(),
    type: z.literal("message"),
    role: z.literal("assistant"),
    model: z.string(),
    content: z.array(block),
    container: z.null(),
    diagnostics: z.null(),
    stop_details: z.null(),
    stop_reason: z.enum(["end_turn", "max_tokens", "stop_sequence", "tool_use"]),
    stop_sequence: z.string().nullable(),
    usage: z.strictObject({
      input_tokens: count.describe("those from the cache are not among them"),
      cache_creation_input_tokens: z.literal(0),
      cache_read_input_tokens: count,
      output_tokens: count,
      output_tokens_details: z.strictObject({ thinking_tokens: count }),
      cache_creation: z.null(),
      inference_geo: z.null(),
      server_tool_use: z.null(),
      service_tier: z.literal("standard"),
      speed: z.null(),
    }),
  }),
  MessageCount: z.strictObject({ input_tokens: count }),
  MessageError: z.strictObject({
    type: z.literal("error"),
    error: z.strictObject({ type: z.string(), message: z.string() }),
    request_id: z.string().nullable(),
  }),
  OllamaGenerated: z.strictObject({
    ...ollamaHead,
    response: z.string(),
    thinking: z.string().optional(),
    ...ollamaEnd,
  }),
  OllamaTurn: z.strictObject({
    ...ollamaHead,
    message: z.strictObject({
      role: z.literal("assistant"),
      content: z.string(),
      thinking: z.string().optional(),
      tool_calls: z.array(z.strictObject({
        id: z.string(),
        function: z.strictObject({ name: z.string(), arguments: json }),
      })).optional(),
    }),
    ...ollamaEnd,
  }),
  OllamaEmbeddings: z.strictObject({
    model: z.string(),
    embeddings: z.array(z.array(z.number())),
    total_duration: nanoseconds,
    load_duration: nanoseconds,
    prompt_eval_count: count,
  }),
  OllamaEmbedding: z.strictObject({ embedding: z.array(z.number()) }),
  OllamaModels: z.strictObject({
    models: z.array(z.strictObject({
      name: z.string(),
      model: z.string(),
      // Of models that are not loaded only the names are known.
      modified_at: z.iso.datetime().optional(),
      size: count.optional().describe("bytes of the weights in f32"),
      digest: z.string().optional().describe("the weights, such as step-000900"),
      details: ollamaDetails.optional(),
      // Of models in memory.
      expires_at: z.iso.datetime().optional(),
      size_vram: z.literal(0).optional(),
    })),
  }),
  OllamaModel: z.strictObject({
    details: ollamaDetails,
    model_info: json,
    capabilities: z.array(z.enum(["completion", "tools", "thinking", "embedding"])),
    modified_at: z.iso.datetime(),
  }),
  OllamaVersion: z.strictObject({ version: z.string() }),
  OllamaError: z.strictObject({ error: z.string() }),
};
