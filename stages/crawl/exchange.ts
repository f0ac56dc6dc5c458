/**
 * One HTTP request and its response: guarded address, clocks, caps. Redirects are the caller's.
 *
 * @module
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import { once } from "node:events";
import tls from "node:tls";
import {
  type AddressRules,
  checkLiteralHost,
  guardedLookup,
  type Resolve,
} from "./address_guard.ts";
import { readBody } from "./body.ts";
import { startDeadlines, type Timeouts } from "./deadlines.ts";
import { FetchFailure } from "./failure.ts";

/** Keep-alive sockets of one crawl; disposing closes them. */
export interface Agents extends Disposable {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Dials with the runtime's own root certificates. The built-in agent would first look for extra ones
 * in the environment, for which Deno asks permission to read the system's trust store.
 */
class RootCertificateAgent extends https.Agent {
  override createConnection(options: tls.ConnectionOptions): tls.TLSSocket {
    return tls.connect(options);
  }
}

/** Opens the socket pools of a crawl. */
export function openAgents(maxSockets: number): Agents {
  const options = { keepAlive: true, maxSockets };
  const agents = { http: new http.Agent(options), https: new RootCertificateAgent(options) };
  return {
    ...agents,
    [Symbol.dispose]() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** What all exchanges of a crawl share. */
export interface Connection {
  readonly agents: Agents;
  readonly rules: AddressRules;
  /** Whether nothing may be asked of a host. */
  readonly blocks?: (hostname: string) => boolean;
  readonly resolve: Resolve;
  /** The whole `User-Agent` header. */
  readonly userAgent: string;
  readonly maxBytes: number;
  /** Bytes of a body to receive; all of it by default. */
  readonly cutAt?: number;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

/** A response, its body read when it was wanted and empty otherwise. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as received, in their order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Most bytes of a response's header. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Most interim responses (RFC 9110, 15.2) before the one that counts; servers send one or two. */
const MAX_INTERIM = 10;

/** Decides from the header whether to receive the body; may throw a {@linkcode FetchFailure}. */
export type WantsBody = (status: number, headers: IncomingHttpHeaders) => boolean;

/**
 * Sends `GET url` and reads the response.
 *
 * @throws {FetchFailure} whatever went wrong, with its reason
 * @throws the abort reason of `connection.signal`
 */
export async function exchange(
  url: URL,
  connection: Connection,
  wantsBody: WantsBody,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<Exchange> {
  const { agents, rules, resolve, userAgent, maxBytes, cutAt, timeouts } = connection;
  checkLiteralHost(url, rules);
  if (connection.blocks?.(url.hostname)) {
    throw new FetchFailure("blocked-host", `${url.hostname} is on the block list`);
  }
  const expired = new AbortController();
  const stop = AbortSignal.any([connection.signal, expired.signal]);
  stop.throwIfAborted();
  using deadlines = startDeadlines(timeouts, (failure) => expired.abort(failure));
  const secure = url.protocol === "https:";
  const request = (secure ? https : http).request(url, {
    agent: secure ? agents.https : agents.http,
    lookup: guardedLookup(url, { rules, resolve }),
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      "user-agent": userAgent,
      "accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.1",
      "accept-encoding": "gzip, br, deflate",
      ...extraHeaders,
    },
  });
  const destroy = () => request.destroy();
  stop.addEventListener("abort", destroy);
  // A socket may fail again after the first error was reported; `once` listens only to the first.
  request.on("error", () => {});
  let interim = 0;
  request.on("information", () => {
    if (++interim <= MAX_INTERIM) return;
    const detail = `more than ${MAX_INTERIM} interim responses came before the response`;
    expired.abort(new FetchFailure("too-large", detail));
  });
  let whole = false;
  try {
    const responded = once(request, "response", { signal: stop });
    request.end();
    const [response] = await responded as [IncomingMessage];
    deadlines.progress();
    const status = response.statusCode ?? 0;
    const { headers } = response;
    const head = { status, headers, rawHeaders: pairs(response.rawHeaders) };
    if (!wantsBody(status, headers)) return { ...head, body: new Uint8Array() };
    const body = await readBody(response, {
      maxBytes,
      ...(cutAt === undefined ? {} : { cutAt }),
      progress: () => deadlines.progress(),
    });
    whole = response.complete;
    return { ...head, body };
  } catch (error) {
    if (stop.aborted) throw stop.reason;
    if (error instanceof FetchFailure) throw error;
    if (!(error instanceof Error)) throw error;
    if ("code" in error && error.code === "HPE_HEADER_OVERFLOW") {
      const most = `the response header is larger than ${MAX_HEADER_BYTES} bytes`;
      throw new FetchFailure("too-large", most, { cause: error });
    }
    throw new FetchFailure("network-error", describe(error), { cause: error });
  } finally {
    stop.removeEventListener("abort", destroy);
    if (!whole) request.destroy();
  }
}

/** Node lists names and values in turns. */
function pairs(raw: readonly string[]): [string, string][] {
  return Array.from(
    { length: raw.length / 2 },
    (_, at) => [raw[2 * at] as string, raw[2 * at + 1] as string],
  );
}

/** Network errors differ by their code; some have no message. */
function describe(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.name;
  return error.message.includes(code) ? error.message : `${code} ${error.message}`.trim();
}
