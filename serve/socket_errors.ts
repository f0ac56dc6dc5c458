/**
 * Answers to what is no request that an application could see.
 *
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ApiError, errorBody, errorResponse } from "./api_error.ts";

/** A status with its name and what the client is told. */
type Refusal = readonly [status: number, name: string, message: string];

const MALFORMED: Refusal = [400, "Bad Request", "The request is not valid HTTP/1.1"];
const EXPECTATION: Refusal = [417, "Expectation Failed", "The expect header asks for too much"];
/** By Node's code for what is wrong with the bytes. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "The headers are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request took too long to arrive"],
};

/** Makes `server` answer with OpenAI's error object where it understands nothing, and hang up. */
export function answerSocketErrors(server: Server): void {
  const responses = new WeakMap<object, ServerResponse>();
  server.on("request", ({ socket }, response) => responses.set(socket, response));
  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    const isReset = error.code === "ECONNRESET";
    // It has had its answer, which may not have left yet, and closes by itself: the time for a request
    // can be over before the bytes that wait in a busy machine are parsed and found incomplete.
    if (!socket.writable && !isReset) return;
    const response = responses.get(socket);
    const isAnswering = response?.headersSent && !response.writableFinished;
    if (isAnswering || isReset) socket.destroy();
    else refuse(socket, REFUSALS[error.code ?? ""] ?? MALFORMED);
  });
  server.on("checkExpectation", ({ socket }: IncomingMessage) => refuse(socket, EXPECTATION));
  server.on("connect", (_request: IncomingMessage, socket: Socket) => refuse(socket, MALFORMED));
}

/** For a request whose address or `host` makes no URL. */
export function malformedRequest(): Response {
  return errorResponse(
    new ApiError("The request's address or its host header is not valid", {
      status: 400,
      headers: { connection: "close" },
    }),
  );
}

function refuse(socket: Socket, [status, name, message]: Refusal): void {
  const body = JSON.stringify(errorBody(new ApiError(message, { status })));
  socket.write(
    `HTTP/1.1 ${status} ${name}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
