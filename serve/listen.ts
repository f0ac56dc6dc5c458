/**
 * Gives an application sockets. It uses `node:http` because `Deno.serve` never ends a connection
 * that sends its header or body too slowly, or nothing at all.
 *
 * @module
 */
import { getRequestListener, RequestError } from "@hono/node-server";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { errorResponse } from "./api_error.ts";
import { answerSocketErrors, malformedRequest } from "./socket_errors.ts";

/** What sockets may ask for. */
export interface SocketLimits {
  /** Time to send a request's headers. */
  readonly headersMs?: number;
  /** Time to send the whole request. */
  readonly requestMs?: number;
  /** Time a connection may wait for its next request. */
  readonly idleMs?: number;
  /** Time a connection may go without taking any of what is written to it. */
  readonly stallMs?: number;
  /** Longest request head, in bytes; 16 KiB unless stated. */
  readonly maxHeaderBytes?: number;
  /** Open connections; 2,048 unless stated, and one more is closed at once. */
  readonly maxConnections?: number;
  /** Time for requests to end once listening stops. */
  readonly drainMs?: number;
  /** How often slow connections are looked for. */
  readonly checkMs?: number;
}

/** What a server proves its name with, as PEM. */
export interface TlsKeys {
  /** The certificate, with those between it and a root. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
}

/** Where and how {@linkcode listen} listens. */
export interface ListenOptions {
  /** Only this machine, unless told otherwise. */
  readonly hostname?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Stops listening and lets requests end. */
  readonly signal?: AbortSignal;
  /** Speaks TLS with these; plain HTTP unless given. */
  readonly tls?: TlsKeys;
  /** Limits that are not given have a default of their own. */
  readonly limits?: SocketLimits;
}

/** A listening server. */
export interface Listener {
  /** The address that it is bound to. */
  readonly hostname: string;
  /** The port that it is bound to, also where 0 was asked for. */
  readonly port: number;
  /** Settles when the signal was given and every connection has ended. */
  readonly finished: Promise<void>;
  /**
   * Shakes hands with other keys from now on; connections go on with theirs.
   *
   * @throws {TypeError} when the server speaks plain HTTP
   */
  readonly renewTls: (tls: TlsKeys) => void;
}

/**
 * Serves `app` until the signal is given.
 *
 * @throws the system's error when the address is taken or not allowed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Hono } from "hono";
 * import { listen } from "./listen.ts";
 * const stopping = new AbortController();
 * const app = new Hono().get("/", (context) => context.text("hello"));
 * const { port, finished } = await listen(app, { port: 0, signal: stopping.signal });
 * const response = await fetch(`http://127.0.0.1:${port}/`);
 * assertEquals(await response.text(), "hello");
 * stopping.abort();
 * await finished;
 * ```
 */
export async function listen(
  app: { fetch(request: Request, env?: object): Response | Promise<Response> },
  { hostname = "127.0.0.1", port, signal, tls, limits = {} }: ListenOptions,
): Promise<Listener> {
  const {
    headersMs = 10_000,
    requestMs = 30_000,
    idleMs = 75_000,
    stallMs = 30_000,
    maxHeaderBytes = 16 << 10,
    maxConnections = 2048,
    drainMs = 10_000,
    checkMs = 1000,
  } = limits;
  signal?.throwIfAborted();
  const options = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    maxHeaderSize: maxHeaderBytes,
    connectionsCheckingInterval: checkMs,
    // The application's answer has an error object, Node's own has not.
    requireHostHeader: false,
  };
  const answer = getRequestListener(
    (request, env) => hasTwoHosts(env) ? malformedRequest() : app.fetch(request, env),
    {
      overrideGlobalObjects: false,
      errorHandler: (error) =>
        error instanceof RequestError ? malformedRequest() : errorResponse(error),
    },
  );
  const tlsServer = tls &&
    createTlsServer({ ...options, ...tls, handshakeTimeout: headersMs }, answer);
  const server: Server = tlsServer ?? createServer(options, answer);
  server.maxConnections = maxConnections;
  answerSocketErrors(server);
  const opened = tls ? "secureConnection" : "connection";
  if (tls) server.on("tlsClientError", (_error: unknown, socket: Socket) => socket.destroy());
  endStalled(server, { opened, stallMs, checkMs });
  const drain = drainer(server, { opened, drainMs });

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
  return {
    hostname: address.address,
    port: address.port,
    finished: closed.promise,
    renewTls(keys) {
      if (!tlsServer) throw new TypeError("Cannot renew the certificate: the server has none");
      tlsServer.setSecureContext({ ...keys });
    },
  };
}

/** Whether a request names two hosts, which must be refused (RFC 9112, 3.2). */
function hasTwoHosts(env: object): boolean {
  const { incoming } = env as { incoming?: IncomingMessage | Http2ServerRequest };
  const names = incoming?.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name));
  return names !== undefined && names.length > 1;
}

/**
 * Makes a function that ends a server: it refuses new connections at once, closes each one as its
 * request ends, and closes what is left after `drainMs`. (Deno's `closeIdleConnections` misses some
 * connections, so idle ones are counted here.)
 */
function drainer(
  server: Server,
  { opened, drainMs }: { opened: string; drainMs: number },
): () => void {
  const busy = new Map<Socket, boolean>();
  server.on(opened, (socket: Socket) => {
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

/** Ends connections that have taken nothing of what is written to them for `stallMs`. */
function endStalled(
  server: Server,
  { opened, stallMs, checkMs }: { opened: string; stallMs: number; checkMs: number },
): void {
  const connections = new Map<Socket, { taken: number; since: number }>();
  server.on(opened, (socket: Socket) => {
    connections.set(socket, { taken: 0, since: performance.now() });
    socket.once("close", () => connections.delete(socket));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [socket, seen] of connections) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (taken > seen.taken || socket.writableLength === 0) {
        connections.set(socket, { taken, since: now });
      } else if (now - seen.since > stallMs) socket.destroy();
    }
  }, checkMs);
  server.once("close", () => clearInterval(timer));
}
