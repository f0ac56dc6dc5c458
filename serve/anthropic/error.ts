/**
 * Errors as clients of Anthropic's API expect them.
 *
 * @module
 */
import type { ErrorBody } from "../api_error.ts";

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
};

/** The body of an error in this form; the message says which field is at fault. */
export function messagesError(
  { error: { message, param, type: kind } }: ErrorBody,
  { status, requestId }: { status: number; requestId: string | null },
): { type: "error"; error: { type: string; message: string }; request_id: string | null } {
  const isClients = kind === "invalid_request_error";
  const type = TYPES[status] ?? (isClients ? "invalid_request_error" : "api_error");
  const isNamed = param === null || message.includes(param);
  return {
    type: "error",
    error: { type, message: isNamed ? message : `${param}: ${message}` },
    request_id: requestId,
  };
}
