/**
 * Why a generation was refused or ended, as an error for the client.
 *
 * @module
 */
import {
  DeadlineError,
  DrainingError,
  GrammarWorkError,
  LongPromptError,
  QueueFullError,
} from "../../engine/mod.ts";
import { ApiError } from "../api_error.ts";

/** What a client may be told of `cause`: an {@linkcode ApiError}, or `cause` where that is nothing. */
export function refusalOf(
  cause: unknown,
  { retryAfterSeconds, promptField, shapeField }: {
    retryAfterSeconds: number;
    promptField: string;
    shapeField: string;
  },
): unknown {
  const headers = { "retry-after": `${retryAfterSeconds}` };
  if (cause instanceof QueueFullError) {
    const message = "The server is busy; try again later";
    return new ApiError(message, { status: 429, code: "rate_limit_exceeded", headers, cause });
  }
  if (cause instanceof DrainingError) {
    const message = "The server is about to stop; try again later";
    return new ApiError(message, { status: 503, code: "server_draining", headers, cause });
  }
  if (cause instanceof LongPromptError) {
    const { message } = cause;
    const code = "context_length_exceeded";
    return new ApiError(message, { status: 400, param: promptField, code, cause });
  }
  if (cause instanceof DeadlineError) {
    const message = "The request took too long; ask for fewer tokens or try again later";
    return new ApiError(message, { status: 504, code: "deadline_exceeded", cause });
  }
  if (cause instanceof GrammarWorkError) {
    const message = `The answer cannot be held to ${shapeField}: ${cause.message}`;
    return new ApiError(message, { status: 400, param: shapeField, cause });
  }
  return cause;
}
