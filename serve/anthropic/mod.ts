/**
 * `POST /v1/messages` and `/v1/messages/count_tokens`: chat in the form of Anthropic's API.
 *
 * @module
 */
import { errorBody } from "../api_error.ts";
import { eventResponse } from "../event_stream.ts";
import { unknownModel } from "../openai/answer_checks.ts";
import { type ChatContext, type OpenTurn, openTurn, type TurnEnd } from "../openai/chat/mod.ts";
import { randomId } from "../openai/generation.ts";
import { messagesError } from "./error.ts";
import { MessageBlocks } from "./blocks.ts";
import { parseMessagesRequest } from "./request.ts";

export { messagesError } from "./error.ts";
export { COUNT_BODY, MESSAGES_BODY } from "./request.ts";

/** Fields that refusals name. */
const NAMED = {
  prompt: "messages",
  // There is no field for a format.
  format: "messages",
  tool: (index: number) => `tools.${index}.input_schema`,
};

/** Answers a body of `/v1/messages`. @throws {ApiError} as turns do */
export async function answerMessages(body: unknown, context: ChatContext): Promise<Response> {
  const request = parseMessagesRequest(body, { defaults: context.sampling });
  const turn = await openTurn(request, { context, named: NAMED });
  const head = {
    id: `msg_${randomId()}`,
    type: "message",
    role: "assistant",
    model: request.model ?? context.modelName,
    diagnostics: null,
  };
  if (!request.stream) return Response.json(await whole(turn, head));
  return eventResponse(events(turn, head), {
    stallMs: context.stallMs,
    onLeave: turn.leave,
    frame: (event) => `${event}\n\n`,
  });
}

/** Answers a body of `/v1/messages/count_tokens`. @throws {ApiError} as turns do */
export async function countTokens(body: unknown, context: ChatContext): Promise<Response> {
  const request = parseMessagesRequest(body, { defaults: context.sampling, counts: true });
  const { model = context.modelName } = request;
  if (model !== context.modelName && !context.adapters?.has(model)) throw unknownModel(model);
  const { task } = await context.prepare(request, { context, named: NAMED });
  return Response.json({ input_tokens: task.prompts[0]?.length ?? 0 });
}

async function whole(turn: OpenTurn, head: object): Promise<object> {
  const blocks = new MessageBlocks(turn.callId);
  for await (const part of turn.events) {
    if (part.kind !== "end") {
      blocks.add(part);
      continue;
    }
    const usage = { ...usageOf(turn, part), ...SERVICE };
    return { ...head, content: blocks.content(), ...endOf(part), usage };
  }
  throw new Error("Cannot answer: the turn has no end");
}

/** Named events; a failure midway is one too. */
async function* events(turn: OpenTurn, head: object): AsyncGenerator<string, void> {
  const event = (type: string, data: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}`;
  const blocks = new MessageBlocks(turn.callId);
  const usage = { ...usageOf(turn), ...SERVICE };
  const begun = { content: [], ...NO_END, usage };
  yield event("message_start", { message: { ...head, ...begun } });
  try {
    for await (const part of turn.events) {
      if (part.kind !== "end") {
        for (const { type, ...data } of blocks.add(part)) yield event(type, data);
        continue;
      }
      for (const { type, ...data } of blocks.end()) yield event(type, data);
      yield event("message_delta", { delta: endOf(part), usage: usageOf(turn, part) });
      yield event("message_stop", {});
    }
  } catch (error) {
    turn.onFailure(error);
    const { type: _, ...rest } = messagesError(errorBody(error), { status: 500, requestId: null });
    yield event("error", rest);
  }
}

/** What usage tells of the service that answers; this one has no more to tell. */
const SERVICE = {
  cache_creation: null,
  inference_geo: null,
  service_tier: "standard",
  speed: null,
};

/** Tokens as Anthropic counts them: those from the cache apart. */
function usageOf({ promptTokens, cachedTokens }: OpenTurn, end?: TurnEnd) {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: end?.tokens.answer ?? 0,
    output_tokens_details: end ? { thinking_tokens: end.tokens.thoughts } : null,
    server_tool_use: null,
  };
}

const NO_END = { container: null, stop_details: null, stop_reason: null, stop_sequence: null };

function endOf({ reason, stopString }: TurnEnd) {
  const reasons = { stop: "end_turn", length: "max_tokens", calls: "tool_use" } as const;
  return {
    ...NO_END,
    stop_reason: stopString === undefined ? reasons[reason] : "stop_sequence" as const,
    stop_sequence: stopString ?? null,
  };
}
