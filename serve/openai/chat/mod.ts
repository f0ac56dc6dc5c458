/**
 * `POST /v1/chat/completions`: the next turn of a conversation.
 *
 * @module
 */
import { answer, type AnswerForm } from "../answer.ts";
import type {
  AnswerPart,
  AnswerReader,
  FinishReason,
  PlacedToken,
  TextCodec,
} from "../../../engine/mod.ts";
import { chatLogprobs } from "./logprobs.ts";
import { type ChatRequest, parseChatRequest } from "./request.ts";
import type { ChatContext, ChatTurn } from "./turn.ts";

export { type OpenTurn, openTurn, type TurnEnd, type TurnOptions } from "./open_turn.ts";
export { CHAT_BODY, type ChatRequest, MAX_MESSAGES } from "./request.ts";
export {
  allowedTools,
  exactly,
  JSON_SCHEMA,
  nameResults,
  readCall,
  readTools,
  TOOL_NAME,
  type ToolChoice,
  toolList,
} from "./tool_fields.ts";
export { type ChatContext, type ChatTurn, createTurns, type PrepareTurn } from "./turn.ts";

/** Fields that refusals name. */
const NAMED = {
  prompt: "messages",
  format: "response_format",
  tool: (index: number) => `tools.${index}.function.parameters`,
};

/** Answers a request body; throws an {@linkcode ApiError} as turns and `answer` do. */
export async function answerChat(body: unknown, context: ChatContext): Promise<Response> {
  const request = parseChatRequest(body, context.sampling);
  const turn = await context.prepare(request, { context, named: NAMED });
  const form = chatForm(request, { codec: context.codec, turn });
  return await answer(turn.task, { form, context, named: NAMED });
}

/** A call in an answer. */
interface Call {
  readonly id: string;
  readonly type: "function";
  readonly function: { name: string; arguments: string };
}

/** The form of OpenAI's chat: a stream tells the role first, then text, then why it ended. */
function chatForm(
  { topLogprobs }: ChatRequest,
  { codec, turn }: { codec: TextCodec; turn: ChatTurn },
): AnswerForm {
  const role = "assistant";
  const logprobs = (scored: readonly PlacedToken[]) =>
    topLogprobs === undefined ? null : chatLogprobs(scored, codec);
  /** Readers of a stream's choices, and whether they have called anything. */
  const readers = new Map<number, { reader: AnswerReader; hasCalled: boolean }>();
  const readerOf = (index: number) => {
    const own = readers.get(index) ?? { reader: turn.createReader(), hasCalled: false };
    readers.set(index, own);
    return own;
  };
  return {
    idPrefix: "chatcmpl-",
    object: "chat.completion",
    chunkObject: "chat.completion.chunk",
    whole({ index, text, scored, finishReason }) {
      const reader = turn.createReader();
      const { message, hasCalled } = messageOf([...reader.push(text), ...reader.flush()], turn);
      return {
        index,
        message: { role, ...message, refusal: null },
        logprobs: logprobs(scored),
        finish_reason: reasonOf(finishReason, hasCalled),
      };
    },
    opening: (index) => ({
      index,
      delta: { role, content: "", refusal: null },
      logprobs: null,
      finish_reason: null,
    }),
    chunks({ choice: index, text, scored, finishReason }) {
      const own = readerOf(index);
      const parts = own.reader.push(text);
      if (finishReason) parts.push(...own.reader.flush());
      own.hasCalled ||= parts.some(({ kind }) => kind === "called");
      const deltas = parts.flatMap((part) => deltaOf(part, turn));
      if (deltas.length === 0 && scored.length > 0) deltas.push({ content: "" });
      return [
        ...deltas.map((delta, at) => ({
          index,
          delta,
          logprobs: at === 0 ? logprobs(scored) : null,
          finish_reason: null,
        })),
        ...(finishReason
          ? [{
            index,
            delta: {},
            logprobs: null,
            finish_reason: reasonOf(finishReason, own.hasCalled),
          }]
          : []),
      ];
    },
  };
}

/** Calls end an answer, unless it was cut off. */
function reasonOf(reason: FinishReason, hasCalled: boolean): FinishReason | "tool_calls" {
  return hasCalled && reason === "stop" ? "tool_calls" : reason;
}

function messageOf(parts: readonly AnswerPart[], { callId }: ChatTurn) {
  const calls: Call[] = [];
  let content = "", reasoning = "", hasCalled = false;
  for (const part of parts) {
    if (part.kind === "text") content += part.text;
    else if (part.kind === "reasoning") reasoning += part.text;
    else if (part.kind === "called") hasCalled = true;
    else if (part.kind === "call") {
      calls.push({ id: callId(), type: "function", function: { name: part.name, arguments: "" } });
    } else {
      const call = calls[part.call];
      if (call) call.function.arguments += part.text;
    }
  }
  return {
    hasCalled,
    message: {
      content: calls.length > 0 && content.trim() === "" ? null : content,
      ...(reasoning && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  };
}

/** A part as a stream tells it. */
function deltaOf(part: AnswerPart, { callId }: ChatTurn): Record<string, unknown>[] {
  switch (part.kind) {
    case "text":
      return [{ content: part.text }];
    case "reasoning":
      return [{ reasoning_content: part.text }];
    case "call": {
      const call = { name: part.name, arguments: "" };
      return [{
        tool_calls: [{ index: part.call, id: callId(), type: "function", function: call }],
      }];
    }
    case "arguments":
      return [{ tool_calls: [{ index: part.call, function: { arguments: part.text } }] }];
    case "called":
      return [];
  }
}
