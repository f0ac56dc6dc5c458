/**
 * One answer to a conversation as what it is made of, for dialects to put into words of their own.
 *
 * @module
 */
import type { AnswerPart } from "../../../engine/mod.ts";
import { ApiError } from "../../api_error.ts";
import type { FieldNames } from "../answer_checks.ts";
import { begin, begun } from "../generation.ts";
import type { ChatRequest } from "./request.ts";
import type { ChatContext } from "./turn.ts";

/** Tokens of a turn. */
export interface TurnTokens {
  /** Of the prompt, and how many of them the cache had. */
  readonly prompt: number;
  readonly cached: number;
  /** Of the answer, and how many of them are thoughts. */
  readonly answer: number;
  readonly thoughts: number;
}

/** How an answer ended. */
export interface TurnEnd {
  readonly kind: "end";
  /** By itself or by a stop string, for want of room, or with calls. */
  readonly reason: "stop" | "length" | "calls";
  /** The string of the request that ended it, where one did. */
  readonly stopString: string | undefined;
  readonly tokens: TurnTokens;
}

/** A turn that has begun. */
export interface OpenTurn {
  /** Parts, and the end as the last one. */
  readonly events: AsyncGenerator<AnswerPart | TurnEnd, void>;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Makes the id of a call. */
  readonly callId: () => string;
  /** Ends it. */
  readonly leave: (reason: unknown) => void;
  /** Reports a failure that is the server's own. */
  readonly onFailure: (error: unknown) => void;
}

/** What a dialect needs to have a conversation answered. */
export interface TurnOptions {
  readonly context: ChatContext;
  readonly named: FieldNames;
}

/**
 * Begins the one answer to `request`; settles once there is something of it.
 *
 * @throws {ApiError} as the preparation and `begin` do
 */
export async function openTurn(
  request: ChatRequest,
  { context, named }: TurnOptions,
): Promise<OpenTurn> {
  const turn = await context.prepare(request, { context, named });
  const { pieces: coming, promptTokens, leave, hasLeft } = await begin(turn.task, {
    context,
    named,
  });
  const { first, pieces } = await begun(coming);
  const reader = turn.createReader();
  const events = async function* (): AsyncGenerator<AnswerPart | TurnEnd, void> {
    let thoughts = 0, before = 0, hasCalled = false;
    for await (const { text, tokens, finishReason, stopString } of pieces) {
      const parts = reader.push(text);
      if (finishReason) parts.push(...reader.flush());
      if (parts.some(({ kind }) => kind === "reasoning")) thoughts += tokens - before;
      before = tokens;
      hasCalled ||= parts.some(({ kind }) => kind === "called");
      yield* parts;
      if (!finishReason) continue;
      const stop = request.stop.find((stop) => stop === stopString);
      yield {
        kind: "end",
        reason: hasCalled && finishReason === "stop" ? "calls" : finishReason,
        stopString: stop,
        tokens: { prompt: promptTokens, cached: first.reused, answer: tokens, thoughts },
      };
    }
  };
  return {
    events: events(),
    promptTokens,
    cachedTokens: first.reused,
    callId: turn.callId,
    leave,
    onFailure(error) {
      // Once the client has left, its generation ends with the reason of that.
      if (!hasLeft() && !(error instanceof ApiError)) context.onFailure(error);
    },
  };
}
