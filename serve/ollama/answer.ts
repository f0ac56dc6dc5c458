/**
 * Answers in the form of Ollama's API: objects of which a stream has one a line.
 *
 * @module
 */
import { errorBody } from "../api_error.ts";
import { eventResponse, STREAM_TYPES } from "../event_stream.ts";
import type { OpenTurn, TurnEnd } from "../openai/chat/mod.ts";
import type { AnswerPart } from "../../engine/mod.ts";

/** A call as Ollama tells it: its arguments are an object. */
export interface OllamaCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: unknown };
}

/** What of an answer is new, or all of it. */
export interface OllamaPiece {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly OllamaCall[];
}

/** How a route words a piece. */
export type Wording = (piece: OllamaPiece) => object;

const NOTHING: OllamaPiece = { text: "", thinking: "", calls: [] };

/** What every answer has. */
export interface OllamaAnswer {
  readonly model: string;
  readonly wording: Wording;
  readonly began: number;
}

/** A turn, whole or streamed. */
export async function answerTurn(
  turn: OpenTurn,
  { stream, stallMs, ...answer }: OllamaAnswer & { stream: boolean; stallMs: number },
): Promise<Response> {
  const asked = performance.now();
  if (stream) {
    return eventResponse(lines(turn, { ...answer, asked }), {
      stallMs,
      onLeave: turn.leave,
      type: STREAM_TYPES.lines,
      frame: (line) => `${line}\n`,
    });
  }
  let all = NOTHING;
  for await (const piece of piecesOf(turn)) {
    if ("end" in piece) return Response.json(last(all, { ...answer, asked, end: piece.end }));
    all = {
      text: all.text + piece.text,
      thinking: all.thinking + piece.thinking,
      calls: [...all.calls, ...piece.calls],
    };
  }
  throw new Error("Cannot answer: the turn has no end");
}

async function* lines(
  turn: OpenTurn,
  answer: OllamaAnswer & { asked: number },
): AsyncGenerator<string, void> {
  try {
    for await (const piece of piecesOf(turn)) {
      yield JSON.stringify(
        "end" in piece
          ? last(NOTHING, { ...answer, end: piece.end })
          : { ...head(answer.model), ...answer.wording(piece), done: false },
      );
    }
  } catch (error) {
    turn.onFailure(error);
    yield JSON.stringify({ error: errorBody(error).error.message });
  }
}

/** Pieces, calls as a whole. */
async function* piecesOf(
  turn: OpenTurn,
): AsyncGenerator<OllamaPiece | { readonly end: TurnEnd }, void> {
  let name = "", json = "";
  for await (const part of turn.events) {
    if (part.kind === "end") yield { end: part };
    else if (part.kind === "call") [name, json] = [part.name, ""];
    else if (part.kind === "arguments") json += part.text;
    else if (part.kind === "called") {
      const call = { id: turn.callId(), function: { name, arguments: JSON.parse(json) } };
      yield { ...NOTHING, calls: [call] };
    } else yield pieceOf(part);
  }
}

function pieceOf({ kind, text }: Extract<AnswerPart, { kind: "text" | "reasoning" }>): OllamaPiece {
  return kind === "text" ? { ...NOTHING, text } : { ...NOTHING, thinking: text };
}

/** The last object: what was read and written, and how long it took. */
function last(
  piece: OllamaPiece,
  { model, wording, began, asked, end: { reason, tokens } }: OllamaAnswer & {
    asked: number;
    end: TurnEnd;
  },
): object {
  const now = performance.now();
  return {
    ...head(model),
    ...wording(piece),
    done: true,
    done_reason: reason === "length" ? "length" : "stop",
    total_duration: nanoseconds(now - began),
    load_duration: 0,
    prompt_eval_count: tokens.prompt,
    prompt_eval_duration: nanoseconds(asked - began),
    eval_count: tokens.answer,
    eval_duration: nanoseconds(now - asked),
  };
}

/** The fields that every object begins with. */
export function head(model: string): { model: string; created_at: string } {
  return { model, created_at: new Date().toISOString() };
}

/** Durations are in whole nanoseconds. */
export function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
