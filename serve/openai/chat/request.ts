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
import type { Message } from "../../../engine/mod.ts";

/** Turns that a conversation may have. */
const MAX_MESSAGES = 1024;

const contentRule = { error: "must be a string or an array of text parts" };
const part = z.looseObject({ type: anyText() }, contentRule);
const content = z.union([z.string(contentRule), z.array(part, contentRule)], contentRule);

const message = fields({
  role: z.enum(["system", "developer", "user", "assistant"], {
    error: 'must be "system", "developer", "user" or "assistant"',
  }),
  content,
  name: anyText().nullish(),
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
  // Understood, but only where they ask for nothing.
  ...CHAT_CLIENT_FIELDS,
});

/** Takes what a body may say, for the API's description. */
export const CHAT_BODY: z.ZodType = schema;

/** A request for the next turn, defaults filled in. */
export interface ChatRequest extends AnswerRequest {
  readonly messages: readonly Message[];
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
  if ((raw.add_generation_prompt ?? !continues) === continues) {
    throw invalid(
      `add_generation_prompt must be ${!continues} with continue_final_message: ${continues}`,
      "add_generation_prompt",
    );
  }
  return {
    ...readSampling(raw, defaults),
    continues,
    messages: raw.messages.map(({ role, content }, i) => ({
      // The newer name of the same role; templates know the older one.
      role: role === "developer" ? "system" : role,
      content: textOf(content, `messages.${i}.content`),
    })),
    maxTokens: raw.max_completion_tokens ?? raw.max_tokens ?? Infinity,
    ...(raw.logprobs && { topLogprobs: raw.top_logprobs ?? 0 }),
  };
}

/** The text of a message's content; its parts follow one another as they are. */
function textOf(content: z.infer<typeof schema>["messages"][number]["content"], param: string) {
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
