/**
 * Reads the bodies of Ollama's `/api/generate` and `/api/chat`.
 *
 * @module
 */
import { z } from "zod";
import type { Message } from "../../engine/mod.ts";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import {
  type ChatRequest,
  exactly,
  JSON_SCHEMA,
  MAX_MESSAGES,
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
  only,
  parseBody,
} from "../openai/request_fields.ts";
import { GENERATING_FIELDS, type OllamaSampling, readGenerating, UNSUPPORTED } from "./fields.ts";

const noList = z.array(z.never(), { error: UNSUPPORTED }).max(0, { error: UNSUPPORTED }).nullish();

const generateSchema = fields({
  ...GENERATING_FIELDS,
  prompt: anyText().nullish(),
  system: anyText().nullish(),
  raw: flag().nullish().describe("true: no template is put around the prompt"),
  // Understood, but only where they ask for nothing.
  suffix: only([""], UNSUPPORTED),
  template: only([""], UNSUPPORTED),
  context: noList,
  images: noList,
});

/** Takes what a body may say, for the API's description. */
export const GENERATE_BODY: z.ZodType = generateSchema;

const messageSchema = fields({
  role: z.enum(["system", "user", "assistant", "tool"], {
    error: 'must be "system", "user", "assistant" or "tool"',
  }),
  content: anyText().nullish(),
  thinking: anyText().nullish(),
  images: noList,
  tool_calls: z.array(
    fields({
      id: anyText().optional(),
      type: exactly("function").optional(),
      function: fields({
        index: integerFrom(0).optional(),
        name: TOOL_NAME,
        arguments: z.record(z.string(), z.unknown(), { error: "must be an object" }),
      }),
    }),
    { error: "must be an array of calls" },
  ).nullish(),
  tool_name: anyText().nullish(),
  tool_call_id: anyText().nullish(),
});

const messagesRule = { error: `must be an array of at most ${MAX_MESSAGES} messages` };

const chatSchema = fields({
  ...GENERATING_FIELDS,
  messages: z.array(messageSchema, messagesRule).max(MAX_MESSAGES, messagesRule),
  tools: toolList(fields({
    type: exactly("function"),
    function: fields({
      name: TOOL_NAME,
      description: anyText().nullish(),
      parameters: JSON_SCHEMA.nullish(),
      strict: flag().nullish(),
    }),
  })).nullish(),
});

/** The same for chat. */
export const CHAT_BODY: z.ZodType = chatSchema;

/** What a model is, as far as requests depend on it. */
export interface OllamaModel {
  readonly defaults: SamplingSettings;
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
  /** Whether it begins answers with thoughts. */
  readonly thinks: boolean;
  /** Whether it has a chat template of its own; a prompt is else continued as it is. */
  readonly chats: boolean;
}

/** A request to continue a prompt. */
export type GenerateRequest =
  & { readonly stream: boolean }
  & (
    /** Nothing is asked but whether the model is there. */
    | { readonly kind: "load" }
    | { readonly kind: "text"; readonly prompt: string; readonly sampling: OllamaSampling }
    | { readonly kind: "chat"; readonly request: ChatRequest }
  );

/** Reads a body of `/api/generate`. @throws {ApiError} 400, naming the field */
export function parseGenerate(body: unknown, model: OllamaModel): GenerateRequest {
  const raw = parseBody(body, generateSchema);
  const sampling = readGenerating(raw, model);
  const { prompt, system } = raw;
  const { stream } = sampling;
  if (!prompt && !system) return { kind: "load", stream };
  if (raw.raw || !model.chats) {
    if (system) {
      throw invalid("system is only allowed where a chat template says where it stands", "system");
    }
    if (raw.think) throw invalid("think is only allowed with a chat template", "think");
    return { kind: "text", prompt: prompt ?? "", sampling, stream };
  }
  checkThink(raw.think, model);
  const messages = [
    ...system ? [{ role: "system", content: system }] : [],
    { role: "user", content: prompt ?? "" },
  ];
  const toolChoice = { tools: [], choice: "auto" as const, several: true };
  return { kind: "chat", stream, request: { ...sampling, messages, toolChoice, continues: false } };
}

/** Reads a body of `/api/chat`; nothing where it has no messages. @throws {ApiError} 400, naming the field */
export function parseChat(
  body: unknown,
  model: OllamaModel,
): { readonly stream: boolean; readonly request?: ChatRequest } {
  const raw = parseBody(body, chatSchema);
  checkThink(raw.think, model);
  const sampling = readGenerating(raw, model);
  const { stream } = sampling;
  if (raw.messages.length === 0) return { stream };
  const messages = readMessages(raw.messages);
  const toolChoice = readTools((raw.tools ?? []).map((tool) => tool.function), {
    choice: "auto",
    several: true,
    named: { choice: "tools", name: (index) => `tools.${index}.function.name` },
  });
  // What the assistant has begun to say is gone on with.
  const continues = messages.at(-1)?.role === "assistant";
  return { stream, request: { ...sampling, messages, toolChoice, continues } };
}

function checkThink(think: boolean | null | undefined, { thinks }: OllamaModel): void {
  if (think == null || think === thinks) return;
  throw invalid(
    `think must be ${thinks}: the model ${thinks ? "always thinks" : "does not think"}`,
    "think",
  );
}

/** Messages as templates read them. Results have no ids here: they answer calls in their order. */
function readMessages(raw: readonly z.infer<typeof messageSchema>[]): Message[] {
  const open: { id: string; name: string }[] = [];
  let count = 0;
  return raw.map((message, at): Message => {
    const { role, content, thinking, tool_calls, tool_name } = message;
    const param = `messages.${at}`;
    if (tool_calls?.length && role !== "assistant") {
      throw invalid(
        `${param}.tool_calls is only allowed with role "assistant"`,
        `${param}.tool_calls`,
      );
    }
    const calls = (tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => {
      const made = id ?? `call${String(count++).padStart(5, "0")}`;
      open.push({ id: made, name });
      return { id: made, type: "function" as const, function: { name, arguments: given } };
    });
    const base = { role, content: content ?? "" };
    if (role !== "tool") {
      return {
        ...base,
        ...(thinking && role === "assistant" && { reasoning_content: thinking }),
        ...(calls.length > 0 && { tool_calls: calls }),
      };
    }
    const { tool_call_id } = message;
    const found = open.findIndex(({ id, name }) =>
      tool_call_id == null ? tool_name == null || name === tool_name : id === tool_call_id
    );
    const [call] = found === -1 ? [] : open.splice(found, 1);
    if (!call) throw invalid(`${param} must answer a call in a message before it`, param);
    return { ...base, tool_call_id: call.id, name: call.name };
  });
}
