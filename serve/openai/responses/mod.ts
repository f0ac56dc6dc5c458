/**
 * `/v1/responses`: the next turn of a conversation in the form of OpenAI's newer API, and what is kept
 * of it.
 *
 * @module
 */
import { ApiError, errorBody } from "../../api_error.ts";
import { eventResponse } from "../../event_stream.ts";
import { type ChatContext, type OpenTurn, openTurn, type TurnEnd } from "../chat/mod.ts";
import { type AnswerContext, randomId } from "../generation.ts";
import { type ResponseEvent, ResponseOutput } from "./output.ts";
import { parseResponseRequest, type RawResponse, type ResponseRequest } from "./request.ts";
import { ResponseStore } from "./store.ts";

export { RESPONSES_BODY } from "./request.ts";

/** Fields that refusals name. */
const NAMED = {
  prompt: "input",
  format: "text.format",
  tool: (index: number) => `tools.${index}.parameters`,
};

/** Answers of the routes; they throw an {@linkcode ApiError} as turns do, and 404 for what is not kept. */
export interface Responses {
  /** Answers a request body. */
  readonly create: (body: unknown, context: ChatContext) => Promise<Response>;
  /** A response that was made for `client`. */
  readonly retrieve: (id: string, client: string) => Response;
  readonly remove: (id: string, client: string) => Response;
}

/** Responses over turns, kept in memory. */
export function createResponses(): Responses {
  const store = new ResponseStore();
  const create: Responses["create"] = async (body, context) => {
    const request = parseResponseRequest(body, context.sampling);
    const before = conversationBefore(request, { store, client: context.client });
    const asked = request.ask(before);
    const turn = await openTurn(asked, { context, named: NAMED });
    const id = `resp_${randomId()}`;
    const created = Math.floor(Date.now() / 1000);
    const keep = (output: ResponseOutput, response: object) => {
      if (request.raw.store === false) return;
      const messages = [...before, ...request.messages, output.message];
      store.keep(id, { client: context.client, messages, json: JSON.stringify(response) });
    };
    const events = eventsOf(turn, {
      keep,
      describe: (state) => describe(state, { id, created, request, asked, context }),
    });
    if (!request.raw.stream) return Response.json(await lastResponse(events));
    return eventResponse(numbered(events, turn), {
      stallMs: context.stallMs,
      onLeave: turn.leave,
      frame: (event) => `${event}\n\n`,
    });
  };
  const unknown = (id: string) =>
    new ApiError(`The response ${JSON.stringify(id)} is not kept (any more)`, { status: 404 });
  return {
    create,
    retrieve(id, client) {
      const kept = store.find(id, client);
      if (!kept) throw unknown(id);
      return new Response(kept.json, { headers: { "content-type": "application/json" } });
    },
    remove(id, client) {
      if (!store.remove(id, client)) throw unknown(id);
      return Response.json({ id, object: "response", deleted: true });
    },
  };
}

function conversationBefore(
  { raw: { previous_response_id: id } }: ResponseRequest,
  { store, client }: { store: ResponseStore; client: string },
) {
  if (id == null) return [];
  const found = store.find(id, client);
  if (found) return found.messages;
  throw new ApiError(
    `previous_response_id names ${JSON.stringify(id)}, which is not kept (any more): ` +
      "send the whole conversation as input",
    { status: 400, param: "previous_response_id", code: "previous_response_not_found" },
  );
}

/** A response so far. */
interface ResponseState {
  readonly output: ResponseOutput;
  readonly end?: TurnEnd;
}

async function* eventsOf(
  turn: OpenTurn,
  { keep, describe }: {
    keep: (output: ResponseOutput, response: object) => void;
    describe: (state: ResponseState) => object;
  },
): AsyncGenerator<ResponseEvent, void> {
  const output = new ResponseOutput(turn.callId);
  const response = describe({ output });
  yield { type: "response.created", response };
  yield { type: "response.in_progress", response };
  for await (const part of turn.events) {
    if (part.kind !== "end") {
      yield* output.add(part);
      continue;
    }
    yield* output.end(part.reason === "length" ? "incomplete" : "completed");
    const response = describe({ output, end: part });
    keep(output, response);
    const type = part.reason === "length" ? "response.incomplete" : "response.completed";
    yield { type, response };
  }
}

/** What the last event tells. */
async function lastResponse(events: AsyncIterable<ResponseEvent>): Promise<unknown> {
  let response: unknown;
  for await (const event of events) response = event.response ?? response;
  return response;
}

/** Events as they are sent; a failure midway is one too. */
async function* numbered(
  events: AsyncIterable<ResponseEvent>,
  { onFailure }: OpenTurn,
): AsyncGenerator<string, void> {
  let sequence_number = 0;
  const event = ({ type, ...rest }: ResponseEvent) =>
    `event: ${type}\ndata: ${
      JSON.stringify({ type, sequence_number: sequence_number++, ...rest })
    }`;
  try {
    for await (const each of events) yield event(each);
  } catch (error) {
    onFailure(error);
    const { error: { code, message, param } } = errorBody(error);
    yield event({ type: "error", code, message, param });
  }
}

/** The response's object. */
function describe(
  { output, end }: ResponseState,
  { id, created, request: { raw }, asked, context }: {
    id: string;
    created: number;
    request: ResponseRequest;
    asked: ReturnType<ResponseRequest["ask"]>;
    context: AnswerContext;
  },
): object {
  const isCut = end?.reason === "length";
  const status = end
    ? isCut ? "incomplete" as const : "completed" as const
    : "in_progress" as const;
  return {
    id,
    access_programs: null,
    object: "response",
    created_at: created,
    status,
    background: false,
    error: null,
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    instructions: raw.instructions ?? null,
    max_output_tokens: raw.max_output_tokens ?? null,
    model: asked.model ?? context.modelName,
    output: output.items(status),
    parallel_tool_calls: asked.toolChoice.several,
    previous_response_id: raw.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    store: raw.store ?? true,
    temperature: asked.temperature,
    text: { format: formatOf(raw), verbosity: "medium" },
    tool_choice: raw.tool_choice ?? "auto",
    tools: asked.toolChoice.tools.map((
      { strict, function: { name, parameters }, ...tool },
      at,
    ) => ({
      ...tool,
      name,
      description: raw.tools?.[at]?.description ?? null,
      parameters,
      strict,
    })),
    top_logprobs: 0,
    top_p: asked.topP,
    truncation: "disabled",
    ...(end && { usage: usageOf(end) }),
    metadata: raw.metadata ?? {},
  };
}

function formatOf({ text }: RawResponse) {
  const { type = "text", name, schema, description, strict } = text?.format ?? {};
  if (type !== "json_schema") return { type };
  return { type, name, schema, ...(description && { description }), strict: strict ?? true };
}

function usageOf({ tokens: { prompt, cached, answer, thoughts } }: TurnEnd) {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: answer,
    output_tokens_details: { reasoning_tokens: thoughts },
    total_tokens: prompt + answer,
  };
}
