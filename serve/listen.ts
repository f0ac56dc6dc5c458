/**
 * Gives an application sockets. It uses `node:http` because `Deno.serve` never ends a connection
 * that sends its header or body too slowly, or nothing at all.
 *
 * @module
 */
import { getRequestListener } from "@hono/node-server";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";

/** What sockets may ask for. */
export interface SocketLimits {
  /** Time to send a request's headers. */
  readonly headersMs?: number;
  /** Time to send the whole request. */
  readonly requestMs?: number;
  /** Time a connection may wait for its next request. */
  readonly idleMs?: number;
  readonly maxHeaderBytes?: number;
  readonly maxConnections?: number;
  /** Time for requests to end once listening stops. */
  readonly drainMs?: number;
  /** How often slow connections are looked for. */
  readonly checkMs?: number;
}

/** Where and how {@linkcode listen} listens. */
export interface ListenOptions {
  /** Only this machine, unless told otherwise. */
  readonly hostname?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Stops listening and lets requests end. */
  readonly signal?: AbortSignal;
  readonly limits?: SocketLimits;
}

/** A listening server. */
export interface Listener {
  readonly hostname: string;
  readonly port: number;
  /** Settles when the signal was given and every connection has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves `app` until the signal is given.
 *
 * @throws the system's error when the address is taken or not allowed
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { listen } from "./listen.ts";
 * const stopping = new AbortController();
 * const app = new Hono().get("/", (context) => context.text("hello"));
 * const { port, finished } = await listen(app, { port: 0, signal: stopping.signal });
 * const response = await fetch(`http://127.0.0.1:${port}/`);
 * console.assert(await response.text() === "hello");
 * stopping.abort();
 * await finished;
 * ```
 */
export async function listen(
  app: { fetch(request: Request): Response | Promise<Response> },
  { hostname = "127.0.0.1", port, signal, limits = {} }: ListenOptions,
): Promise<Listener> {
  const {
    headersMs = 10_000,
    requestMs = 30_000,
    idleMs = 75_000,
    maxHeaderBytes = 16 << 10,
    maxConnections = 2048,
    drainMs = 10_000,
    checkMs = 1000,
  } = limits;
  signal?.throwIfAborted();
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    maxHeaderSize: maxHeaderBytes,
    connectionsCheckingInterval: checkMs,
  }, getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  server.maxConnections = maxConnections;
  const drain = drainer(server, { drainMs });

  const bound = Promise.withResolvers<void>();
  server.once("error", bound.reject);
  server.listen(port, hostname, bound.resolve);
  await bound.promise;
  server.off("error", bound.reject);

  const closed = Promise.withResolvers<void>();
  server.once("close", closed.resolve);
  signal?.addEventListener("abort", drain, { once: true });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError(`Cannot listen on ${hostname}: it is not a network address`);
  }
  return { hostname: address.address, port: address.port, finished: closed.promise };
}

/**
 * Makes a function that ends a server: it refuses new connections at once, closes each one as its
 * request ends, and closes what is left after `drainMs`. (Deno's `closeIdleConnections` misses some
 * connections, so idle ones are counted here.)
 */
function drainer(server: Server, { drainMs }: { drainMs: number }): () => void {
  const busy = new Map<Socket, boolean>();
  server.on("connection", (socket) => {
    busy.set(socket, false);
    socket.once("close", () => busy.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    busy.set(socket, true);
    response.once("close", () => {
      if (!busy.has(socket)) return;
      busy.set(socket, false);
      if (!server.listening) socket.destroySoon();
    });
  });
  return () => {
    const late = setTimeout(() => {
      for (const socket of busy.keys()) socket.destroy();
    }, drainMs);
    server.close(() => clearTimeout(late));
    for (const [socket, isBusy] of busy) if (!isBusy) socket.destroySoon();
  };
}
