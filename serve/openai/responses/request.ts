/**
 * Reads the body of `POST /v1/responses`.
 *
 * @module
 */
import { z } from "zod";
import type { SamplingSettings } from "../../../model/checkpoint/mod.ts";
import type { Message } from "../../../engine/mod.ts";
import {
  allowedTools,
  type ChatRequest,
  exactly,
  JSON_SCHEMA,
  nameResults,
  readCall,
  readTools,
  TOOL_NAME,
  type ToolChoice,
  toolList,
} from "../chat/mod.ts";
import { CLIENT_FIELDS } from "../client_fields.ts";
import {
  anyText,
  fields,
  flag,
  integerFrom,
  invalid,
  joined,
  only,
  parseBody,
} from "../request_fields.ts";
import { DRAWING_FIELDS, readSampling, SAMPLING_FIELDS } from "../sampling_fields.ts";

/** Items that an input may have. */
const MAX_ITEMS = 1024;

const unsupported = "is not supported";
const nothing = z.null({ error: unsupported }).optional();

const partsRule = { error: "must be a string or an array of text parts" };
const texts = z.array(
  z.looseObject({
    type: z.enum(["input_text", "output_text", "text"], {
      error: 'must be "input_text" or "output_text": this model reads nothing else',
    }),
    text: anyText(),
  }, partsRule),
  partsRule,
);
const content = z.union([z.string(partsRule), texts], partsRule);

/** What an answer's items hold beside what is read of them. */
const answered = { id: anyText().nullish(), status: anyText().nullish() };

const message = fields({
  type: exactly("message").optional(),
  role: z.enum(["system", "developer", "user", "assistant"], {
    error: 'must be "system", "developer", "user" or "assistant"',
  }),
  content,
  phase: anyText().nullish(),
  ...answered,
});
const call = fields({
  type: exactly("function_call"),
  call_id: anyText(),
  name: TOOL_NAME,
  arguments: anyText(),
  // The client adds what it parsed.
  parsed_arguments: z.unknown().optional(),
  ...answered,
});
const result = fields({
  type: exactly("function_call_output"),
  call_id: anyText(),
  output: content,
  ...answered,
});
const reasoning = fields({
  type: exactly("reasoning"),
  summary: z.array(z.unknown(), { error: "must be an array" }).optional(),
  content: z.array(
    fields({ type: exactly("reasoning_text"), text: anyText() }),
    { error: "must be an array" },
  ).nullish(),
  encrypted_content: nothing,
  ...answered,
});

const ITEMS = { message, function_call: call, function_call_output: result, reasoning };
const itemRule = { error: "must be a message, a call of a function, its output, or reasoning" };
const item = z.union(
  Object.values(ITEMS) as [typeof message, typeof call, typeof result, typeof reasoning],
);
const inputRule = { error: `must be a string or an array of 1 to ${MAX_ITEMS} items` };

const choiceRule = {
  error: 'must be "none", "auto", "required", {"type": "function", "name": ...} or ' +
    '{"type": "allowed_tools", "mode": ..., "tools": [...]}',
};
const functionChoice = z.strictObject({
  type: z.literal("function", choiceRule),
  name: z.string(choiceRule),
}, choiceRule);

const FORMAT = fields({
  type: z.enum(["text", "json_object", "json_schema"], {
    error: 'must be "text", "json_object" or "json_schema"',
  }),
  name: TOOL_NAME.optional(),
  description: anyText().nullish(),
  schema: JSON_SCHEMA.optional(),
  // The answer always keeps to the schema.
  strict: flag().nullish(),
});

const { temperature, model, stream } = SAMPLING_FIELDS;

const schema = fields({
  model,
  input: z.union([
    z.string(inputRule),
    z.array(item, inputRule).min(1, inputRule).max(MAX_ITEMS, inputRule),
  ], inputRule),
  instructions: anyText().nullish(),
  previous_response_id: anyText().nullish(),
  max_output_tokens: integerFrom(1).nullish(),
  stream,
  stream_options: fields({ include_obfuscation: only([false], unsupported) }).nullish(),
  temperature,
  ...DRAWING_FIELDS,
  text: fields({ format: FORMAT.nullish(), verbosity: only(["medium"], unsupported) }).nullish(),
  tools: toolList(fields({
    type: exactly("function"),
    name: TOOL_NAME,
    description: anyText().nullish(),
    parameters: JSON_SCHEMA.nullish(),
    strict: flag().nullish(),
  })).nullish(),
  tool_choice: z.union([
    z.enum(["none", "auto", "required"], choiceRule),
    functionChoice,
    z.strictObject({
      type: z.literal("allowed_tools", choiceRule),
      ...allowedTools(functionChoice, choiceRule),
    }, choiceRule),
  ], choiceRule).nullish(),
  parallel_tool_calls: flag().nullish(),
  ...CLIENT_FIELDS,
  store: flag().nullish(),
  truncation: only(["disabled"], unsupported),
  // Understood, but only where they ask for nothing.
  reasoning: fields({
    effort: only(["none"], unsupported),
    summary: nothing,
    generate_summary: nothing,
  }).nullish(),
  include: z.array(z.never({ error: unsupported }), { error: "must be an array" }).nullish(),
  background: only([false], unsupported),
  top_logprobs: only([0], unsupported),
  max_tool_calls: nothing,
  conversation: nothing,
  prompt: nothing,
});

/** Takes what a body may say, for the API's description. */
export const RESPONSES_BODY: z.ZodType = schema;

/** As the above says it; what is wrong with an item is said of that item. */
const quickSchema = schema.extend({
  input: z.union([
    z.string(inputRule),
    z.array(z.looseObject({ type: z.string().optional() }, itemRule), inputRule)
      .min(1, inputRule).max(MAX_ITEMS, inputRule),
  ], inputRule),
});

/** A request's body, read. */
export type RawResponse = z.infer<typeof quickSchema>;

/** A request, defaults filled in. */
export interface ResponseRequest {
  readonly raw: RawResponse;
  /** What is new of the conversation, without instructions. */
  readonly messages: readonly Message[];
  /** The answer is wanted with these before it. */
  ask(before: readonly Message[]): ChatRequest;
}

/**
 * Reads a request body.
 *
 * @param defaults how tokens are drawn where the body does not say
 * @throws {ApiError} 400, naming the field
 */
export function parseResponseRequest(
  body: unknown,
  defaults: SamplingSettings = {},
): ResponseRequest {
  const raw = parseBody(body, quickSchema);
  if (raw.stream_options && !raw.stream) {
    throw invalid("stream_options is only allowed with stream: true", "stream_options");
  }
  const messages = typeof raw.input === "string"
    ? [{ role: "user", content: raw.input }]
    : readItems(raw.input);
  const toolChoice = readTools(raw.tools ?? [], {
    ...choiceOf(raw.tool_choice ?? "auto"),
    several: raw.parallel_tool_calls ?? true,
    named: { choice: "tool_choice", name: (index) => `tools.${index}.name` },
  });
  const jsonSchema = schemaOf(raw.text?.format);
  const sampling = readSampling({ ...raw, stream_options: null, store: null }, defaults);
  return {
    raw,
    messages,
    ask: (before) => ({
      ...sampling,
      ...(jsonSchema && { jsonSchema }),
      toolChoice,
      continues: false,
      messages: nameResults([
        ...raw.instructions ? [{ role: "system", content: raw.instructions }] : [],
        ...before,
        ...messages,
      ], () => "input"),
      maxTokens: raw.max_output_tokens ?? Infinity,
    }),
  };
}

function choiceOf(
  choice: NonNullable<RawResponse["tool_choice"]>,
): Pick<ToolChoice, "choice" | "allowed"> {
  if (typeof choice === "string") return { choice };
  if (choice.type === "function") return { choice: { name: choice.name } };
  return { choice: choice.mode, allowed: choice.tools.map(({ name }) => name) };
}

function schemaOf(
  format: z.infer<typeof FORMAT> | null | undefined,
): Record<string, unknown> | undefined {
  const { type = "text", schema, name } = format ?? {};
  if (type === "text") return undefined;
  if (type === "json_object") return { type: "object" };
  if (name === undefined) {
    throw invalid('text.format.name is required with type "json_schema"', "text.format.name");
  }
  if (schema === undefined) {
    throw invalid('text.format.schema is required with type "json_schema"', "text.format.schema");
  }
  return schema;
}

/** Items as messages; what an answer consists of is one message of the assistant. */
function readItems(items: readonly { readonly type?: string | undefined }[]): Message[] {
  const messages: Message[] = [];
  let thoughts = "";
  for (const [index, raw] of items.entries()) {
    const param = `input.${index}`;
    const type = raw.type ?? "message";
    if (!Object.hasOwn(ITEMS, type)) {
      throw invalid(
        `${param}.type must be one of ${Object.keys(ITEMS).join(", ")}`,
        `${param}.type`,
      );
    }
    const last = messages.at(-1);
    if (type === "reasoning") {
      const { content } = parseBody(raw, reasoning, param);
      thoughts += (content ?? []).map(({ text }) => text).join("");
    } else if (type === "function_call_output") {
      const { call_id, output } = parseBody(raw, result, param);
      messages.push({ role: "tool", content: joined(output), tool_call_id: call_id });
    } else if (type === "function_call") {
      const { call_id: id, name, arguments: json } = parseBody(raw, call, param);
      const made = readCall({ id, name, json }, `${param}.arguments`);
      if (last?.role === "assistant" && !thoughts) {
        messages[messages.length - 1] = { ...last, tool_calls: [...last.tool_calls ?? [], made] };
      } else messages.push({ role: "assistant", content: "", ...told(), tool_calls: [made] });
    } else {
      const { role, content } = parseBody(raw, message, param);
      messages.push({
        // The newer name of the same role; templates know the older one.
        role: role === "developer" ? "system" : role,
        content: joined(content),
        ...(role === "assistant" && told()),
      });
    }
  }
  return messages;

  /** The thoughts before a message, told once. */
  function told() {
    const reasoning_content = thoughts;
    thoughts = "";
    return reasoning_content ? { reasoning_content } : {};
  }
}
