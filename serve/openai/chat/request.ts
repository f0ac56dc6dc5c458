/**
 * Reads the body of `POST /v1/chat/completions`. A field that would change the answer in a way this
 * server cannot is refused, never ignored.
 *
 * @module
 */
import { z } from "zod";
import type { SamplingSettings } from "../../../model/checkpoint/mod.ts";
import { CHAT_CLIENT_FIELDS, EMPTY_MESSAGE_FIELDS } from "../client_fields.ts";
import { anyText, fields, flag, integerFrom, invalid, parseBody } from "../request_fields.ts";
import { type AnswerRequest, readSampling, SAMPLING_FIELDS } from "../sampling_fields.ts";
import {
  CALL_FIELDS,
  nameResults,
  readCall,
  readTools,
  TOOL_FIELDS,
  type ToolChoice,
} from "./tool_fields.ts";
import type { Message } from "../../../engine/mod.ts";

/** Turns that a conversation may have. */
export const MAX_MESSAGES = 1024;

const contentRule = { error: "must be a string or an array of text parts" };
const part = z.looseObject({ type: anyText() }, contentRule);
/** What a message says: a text or parts of one. */
const CONTENT = z.union([z.string(contentRule), z.array(part, contentRule)], contentRule);

const message = fields({
  role: z.enum(["system", "developer", "user", "assistant", "tool"], {
    error: 'must be "system", "developer", "user", "assistant" or "tool"',
  }),
  // Nothing is said where tools are called.
  content: CONTENT.nullish(),
  name: anyText().nullish(),
  ...CALL_FIELDS,
  ...EMPTY_MESSAGE_FIELDS,
});

const messagesRule = { error: `must be an array of 1 to ${MAX_MESSAGES} messages` };

const schema = fields({
  ...SAMPLING_FIELDS,
  messages: z.array(message, messagesRule).min(1, messagesRule).max(MAX_MESSAGES, messagesRule),
  max_tokens: integerFrom(1).nullish(),
  max_completion_tokens: integerFrom(1).nullish(),
  logprobs: flag().nullish(),
  top_logprobs: integerFrom(0, 20).nullish(),
  continue_final_message: flag().nullish(),
  add_generation_prompt: flag().nullish(),
  ...TOOL_FIELDS,
  // Understood, but only where they ask for nothing.
  ...CHAT_CLIENT_FIELDS,
});

/** Takes what a body may say, for the API's description. */
export const CHAT_BODY: z.ZodType = schema;

/** A request for the next turn, defaults filled in. */
export interface ChatRequest extends AnswerRequest {
  readonly messages: readonly Message[];
  readonly toolChoice: ToolChoice;
  /** The answer continues the last message. */
  readonly continues: boolean;
  /** The rest of the model's context unless given. */
  readonly maxTokens: number;
}

/**
 * Reads a request body.
 *
 * @param defaults how tokens are drawn where the body does not say
 * @throws {ApiError} 400, naming the field
 */
export function parseChatRequest(body: unknown, defaults: SamplingSettings = {}): ChatRequest {
  const raw = parseBody(body, schema);
  if (raw.top_logprobs != null && !raw.logprobs) {
    throw invalid("top_logprobs is only allowed with logprobs: true", "top_logprobs");
  }
  if (raw.max_tokens != null && raw.max_completion_tokens != null) {
    throw invalid("max_tokens is the old name of max_completion_tokens: give one", "max_tokens");
  }
  const continues = raw.continue_final_message ?? false;
  if (continues && raw.messages.at(-1)?.role !== "assistant") {
    throw invalid(
      "continue_final_message is only allowed after a last message of the assistant",
      "continue_final_message",
    );
  }
  if (continues && raw.messages.at(-1)?.tool_calls?.length) {
    throw invalid(
      "continue_final_message is not allowed after a message that calls tools",
      "continue_final_message",
    );
  }
  if ((raw.add_generation_prompt ?? !continues) === continues) {
    throw invalid(
      `add_generation_prompt must be ${!continues} with continue_final_message: ${continues}`,
      "add_generation_prompt",
    );
  }
  const messages = raw.messages.map((message, i) => readMessage(message, `messages.${i}`));
  const toolChoice = readTools((raw.tools ?? []).map((tool) => tool.function), {
    ...choiceOf(raw.tool_choice ?? "auto"),
    several: raw.parallel_tool_calls ?? true,
    named: { choice: "tool_choice", name: (index) => `tools.${index}.function.name` },
  });
  return {
    ...readSampling(raw, defaults),
    continues,
    toolChoice,
    messages: nameResults(messages, (index) => `messages.${index}.tool_call_id`),
    maxTokens: raw.max_completion_tokens ?? raw.max_tokens ?? Infinity,
    ...(raw.logprobs && { topLogprobs: raw.top_logprobs ?? 0 }),
  };
}

function choiceOf(
  choice: NonNullable<z.infer<typeof TOOL_FIELDS.tool_choice>>,
): Pick<ToolChoice, "choice" | "allowed"> {
  if (typeof choice === "string") return { choice };
  if (choice.type === "function") return { choice: choice.function };
  const { mode, tools } = choice.allowed_tools;
  return { choice: mode, allowed: tools.map(({ function: { name } }) => name) };
}

/** A message as templates read it. */
function readMessage(raw: z.infer<typeof message>, param: string): Message {
  const { role, content, tool_calls, tool_call_id, reasoning_content } = raw;
  const calls = (tool_calls ?? []).map(({ id, function: { name, arguments: json } }, i) =>
    readCall({ id, name, json }, `${param}.tool_calls.${i}.function.arguments`)
  );
  if (content == null && calls.length === 0) {
    throw invalid(`${param}.content is required and ${contentRule.error}`, `${param}.content`);
  }
  for (const [field, value] of Object.entries({ tool_calls, reasoning_content })) {
    if (value == null || role === "assistant") continue;
    throw invalid(`${param}.${field} is only allowed with role "assistant"`, `${param}.${field}`);
  }
  if ((tool_call_id != null) !== (role === "tool")) {
    const reason = role === "tool" ? "is required" : "is only allowed";
    throw invalid(`${param}.tool_call_id ${reason} with role "tool"`, `${param}.tool_call_id`);
  }
  return {
    // The newer name of the same role; templates know the older one.
    role: role === "developer" ? "system" : role,
    content: textOf(content ?? "", `${param}.content`),
    ...(reasoning_content && { reasoning_content }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(tool_call_id != null && { tool_call_id }),
  };
}

/** The text of a message's content; its parts follow one another as they are. */
export function textOf(content: z.infer<typeof CONTENT>, param: string): string {
  if (typeof content === "string") return content;
  return content.map(({ type, text }, i) => {
    if (type !== "text") {
      const message = `${param}.${i}.type must be "text": this model reads nothing else`;
      throw invalid(message, `${param}.${i}.type`);
    }
    if (typeof text !== "string") {
      throw invalid(`${param}.${i}.text must be a string`, `${param}.${i}.text`);
    }
    return text;
  }).join("");
}
