/**
 * Watches requests from their arrival to the last byte of the answer.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { type AccessRecord, keepNotes, requestId, type RequestNotes } from "./access_log.ts";
import { clientAddress } from "./client_address.ts";
import { STREAM_TYPES } from "./event_stream.ts";
import type { ServeMetrics } from "./metrics.ts";

/** Who is told. */
export interface ObserveOptions {
  readonly metrics: ServeMetrics;
  readonly onAccess: (record: AccessRecord) => void;
  /** Whether the other end of the socket is a proxy that says for whom it asks. */
  readonly trustProxy: boolean;
}

/** Gives each request its id and its notes, and tells of it when it has ended. */
export function observe({ metrics, onAccess, trustProxy }: ObserveOptions): MiddlewareHandler {
  return async (context, next) => {
    const began = performance.now();
    const time = new Date().toISOString();
    const notes: RequestNotes = {
      id: requestId(context.req.header("x-request-id")),
      client: clientAddress(context, { trustProxy }),
      tokensIn: 0,
      tokensOut: 0,
      onEnd: [],
    };
    keepNotes(context, notes);
    await next();
    const { method } = context.req;
    const { status } = context.res;
    const route = routeOf(context);
    const end = (cut: boolean) => {
      for (const ended of notes.onEnd) ended();
      metrics.ended({ method, route, status, key: notes.key?.name });
      const { id, client, tokensIn, tokensOut } = notes;
      const ms = Math.round((performance.now() - began) * 1000) / 1000;
      onAccess({
        time,
        id,
        client,
        method,
        route,
        status,
        ms,
        tokensIn,
        tokensOut,
        ...cut && { cut },
      });
    };
    const { body, headers } = context.res;
    if (body && TYPES.has(baseOf(headers.get("content-type") ?? ""))) {
      const { outgoing }: ResponseBindings = context.env ?? {};
      context.res = new Response(watched(body, { onEnd: end, outgoing }), context.res);
    } else end(false);
    context.res.headers.set("x-request-id", notes.id);
  };
}

/** A content type without its parameters. */
function baseOf(type: string): string {
  return type.replace(/;.*$/, "").trim();
}

const TYPES: ReadonlySet<string> = new Set(Object.values(STREAM_TYPES).map(baseOf));

/** The pattern that a handler was found by. */
function routeOf(context: Context): string {
  // Middleware stands before every path, what is mounted under every method of its own.
  return matchedRoutes(context).findLast(({ path }) => path !== "/*")?.path ?? "none";
}

/** What listen.ts hands over beside a request. */
interface ResponseBindings {
  readonly outgoing?: { destroy(): void } | undefined;
}

/**
 * `body` as it is; `onEnd` is told whether its reader left before the end, or it broke off. Then
 * the connection ends too: the status is long sent.
 */
function watched(
  body: ReadableStream<Uint8Array>,
  { onEnd, outgoing }: { onEnd: (cut: boolean) => void } & ResponseBindings,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isLeft = false;
  return new ReadableStream({
    start(controller) {
      reader.closed.then(() => onEnd(isLeft), (error) => {
        onEnd(true);
        if (outgoing) outgoing.destroy();
        else controller.error(error);
      });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      isLeft = true;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
