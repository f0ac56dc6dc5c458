/**
 * Errors as clients of the OpenAI API expect them.
 *
 * @module
 */

/** A refusal to be sent to the client. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** The request's field at fault. */
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, { status, param = null, code = null, headers = {}, cause }: {
    status: number;
    param?: string | null;
    code?: string | null;
    headers?: Readonly<Record<string, string>>;
    cause?: unknown;
  }) {
    super(message, { cause });
    this.status = status;
    this.param = param;
    this.code = code;
    this.headers = headers;
  }
}

/** The `error` object of a response body or stream event. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: "invalid_request_error" | "rate_limit_error" | "server_error";
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The body for `error`; what is not meant for clients is not told to them. */
export function errorBody(error: unknown): ErrorBody {
  if (!(error instanceof ApiError)) {
    const message = "The server failed to process the request";
    return { error: { message, type: "server_error", param: null, code: null } };
  }
  const { message, status, param, code } = error;
  const type = status === 429
    ? "rate_limit_error"
    : status < 500
    ? "invalid_request_error"
    : "server_error";
  return { error: { message, type, param, code } };
}

/** The response for `error`. */
export function errorResponse(error: unknown): Response {
  const { status, headers } = error instanceof ApiError ? error : { status: 500, headers: {} };
  return Response.json(errorBody(error), { status, headers });
}
