/**
 * Reads the body of `POST /v1/messages`, with the fields of Anthropic's API.
 *
 * @module
 */
import { z } from "zod";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import type { Message, MessageCall } from "../../engine/mod.ts";
import {
  type ChatRequest,
  exactly,
  JSON_SCHEMA,
  MAX_MESSAGES,
  nameResults,
  readTools,
  TOOL_NAME,
  toolList,
} from "../openai/chat/mod.ts";
import {
  anyText,
  fields,
  flag,
  integerFrom,
  invalid,
  joined,
  numberFrom,
  only,
  parseBody,
} from "../openai/request_fields.ts";
import { DRAWING_FIELDS, readSampling, SAMPLING_FIELDS } from "../openai/sampling_fields.ts";

const unsupported = "is not supported";

// The cache finds what was read before without being told.
const label = { cache_control: z.unknown().optional() };
const textBlock = fields({
  type: exactly("text"),
  text: anyText(),
  citations: z.array(z.never({ error: unsupported }), { error: "must be an array" }).nullish(),
  ...label,
});
const contentRule = { error: "must be a string or an array of blocks" };
const textsRule = { error: "must be a string or an array of text blocks" };
const texts = z.union([z.string(textsRule), z.array(textBlock, textsRule)], textsRule);

const BLOCKS = {
  text: textBlock,
  tool_use: fields({
    type: exactly("tool_use"),
    id: anyText(),
    name: TOOL_NAME,
    input: z.record(z.string(), z.unknown(), { error: "must be an object" }),
    caller: z.unknown().optional(),
    ...label,
  }),
  tool_result: fields({
    type: exactly("tool_result"),
    tool_use_id: anyText(),
    content: texts.nullish(),
    is_error: flag().nullish(),
    ...label,
  }),
  thinking: fields({ type: exactly("thinking"), thinking: anyText(), signature: anyText() }),
};

const messagesRule = { error: `must be an array of 1 to ${MAX_MESSAGES} messages` };
const message = fields({
  role: z.enum(["user", "assistant"], { error: 'must be "user" or "assistant"' }),
  content: z.union(
    [z.string(contentRule), z.array(z.union(Object.values(BLOCKS), contentRule))],
    contentRule,
  ),
});
const quickMessage = message.extend({
  content: z.union([
    z.string(contentRule),
    z.array(z.looseObject({ type: z.string() }, contentRule), contentRule),
  ], contentRule),
});

const stopRule = { error: "must be an array of up to 4 strings, each of 1 to 256 characters" };
const choiceRule = { error: 'must be {"type": "auto"}, "any", "none" or "tool" with a name' };

const conversation = {
  model: anyText().nullish(),
  system: texts.nullish(),
  messages: z.array(message, messagesRule).min(1, messagesRule).max(MAX_MESSAGES, messagesRule),
  tools: toolList(fields({
    type: exactly("custom").optional(),
    name: TOOL_NAME,
    description: anyText().nullish(),
    input_schema: JSON_SCHEMA,
    strict: flag().nullish(),
    ...label,
  })).nullish(),
  tool_choice: z.strictObject({
    type: z.enum(["auto", "any", "tool", "none"], choiceRule),
    name: z.string(choiceRule).optional(),
    disable_parallel_tool_use: flag().optional(),
  }, choiceRule).nullish(),
  // Thoughts come as the model has them.
  thinking: fields({ type: exactly("disabled") }).nullish(),
  ...label,
};

const schema = fields({
  ...conversation,
  max_tokens: integerFrom(1),
  stop_sequences: z.array(z.string(stopRule).min(1, stopRule).max(256, stopRule), stopRule)
    .max(4, stopRule).nullish(),
  stream: SAMPLING_FIELDS.stream,
  temperature: numberFrom(0, 1).nullish(),
  ...DRAWING_FIELDS,
  metadata: fields({ user_id: anyText().nullish() }).nullish(),
  service_tier: only(["auto", "standard_only"], unsupported),
});
const countSchema = fields(conversation);

/** Take what bodies may say, for the API's description. */
export const MESSAGES_BODY: z.ZodType = schema;
/** The same for counting. */
export const COUNT_BODY: z.ZodType = countSchema;

const quick = {
  messages: z.array(quickMessage, messagesRule).min(1, messagesRule).max(
    MAX_MESSAGES,
    messagesRule,
  ),
};
const quickSchema = schema.extend(quick);
const quickCountSchema = countSchema.extend(quick);

/**
 * Reads a request for a message, or for counting the tokens of one.
 *
 * @param defaults how tokens are drawn where the body does not say
 * @throws {ApiError} 400, naming the field
 */
export function parseMessagesRequest(
  body: unknown,
  { defaults, counts = false }: { defaults: SamplingSettings; counts?: boolean },
): ChatRequest {
  const raw = counts
    ? { ...parseBody(body, quickCountSchema), max_tokens: 1, seed: null }
    : parseBody(body, quickSchema);
  const { metadata: _, service_tier: _tier, ...known }: z.infer<typeof quickSchema> = raw;
  const messages = raw.messages.flatMap((message, at) => readMessage(message, `messages.${at}`));
  const { type = "auto", name, disable_parallel_tool_use } = raw.tool_choice ?? {};
  if ((name !== undefined) !== (type === "tool")) {
    throw invalid('tool_choice.name goes with type "tool", and only with it', "tool_choice.name");
  }
  const toolChoice = readTools(
    (raw.tools ?? []).map(({ input_schema, ...tool }) => ({ ...tool, parameters: input_schema })),
    {
      choice: name !== undefined
        ? { name }
        : type === "any"
        ? "required"
        : type === "none"
        ? type
        : "auto",
      several: !disable_parallel_tool_use,
      named: { choice: "tool_choice", name: (index) => `tools.${index}.name` },
    },
  );
  const system = raw.system == null ? "" : joined(raw.system);
  return {
    ...readSampling({ ...known, stop: known.stop_sequences }, defaults),
    toolChoice,
    // The answer goes on with what the assistant has begun to say.
    continues: messages.at(-1)?.role === "assistant",
    messages: nameResults([
      ...system ? [{ role: "system", content: system }] : [],
      ...messages,
    ], () => "messages"),
    maxTokens: raw.max_tokens,
  };
}

/** A turn as templates read it: results of tools are turns of their own, before what the user says. */
function readMessage(
  { role, content }: z.infer<typeof quickMessage>,
  param: string,
): Message[] {
  if (typeof content === "string") return [{ role, content }];
  const results: Message[] = [], calls: MessageCall[] = [];
  let said = "", thoughts = "", hasText = false;
  for (const [at, raw] of content.entries()) {
    const field = `${param}.content.${at}`;
    const { type } = raw;
    if (!Object.hasOwn(BLOCKS, type)) {
      const names = Object.keys(BLOCKS).join(", ");
      throw invalid(`${field}.type must be one of ${names}`, `${field}.type`);
    }
    const wrongRole = type === "tool_result" ? "assistant" : type === "text" ? undefined : "user";
    if (role === wrongRole) {
      throw invalid(`${field}.type must not be ${type} in a turn of the ${role}`, `${field}.type`);
    }
    if (type === "text") {
      said += parseBody(raw, BLOCKS.text, field).text;
      hasText = true;
    } else if (type === "thinking") {
      thoughts += parseBody(raw, BLOCKS.thinking, field).thinking;
    } else if (type === "tool_use") {
      const { id, name, input } = parseBody(raw, BLOCKS.tool_use, field);
      calls.push({ id, type: "function", function: { name, arguments: input } });
    } else {
      const { tool_use_id, content } = parseBody(raw, BLOCKS.tool_result, field);
      const told = content == null ? "" : joined(content);
      results.push({ role: "tool", content: told, tool_call_id: tool_use_id });
    }
  }
  if (results.length > 0 && !hasText) return results;
  return [...results, {
    role,
    content: said,
    ...(thoughts && { reasoning_content: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }];
}
