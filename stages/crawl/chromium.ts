/**
 * A Chromium of our own that no byte of the network reaches but what it is handed: started apart from
 * the user's, spoken to over pipes in the Chrome DevTools Protocol, and gone when we are.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { FetchFailure } from "./failure.ts";

/** What Chromium tells by itself. */
export interface ChromiumEvent {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly sessionId?: string;
}

/** A running Chromium; disposing kills it. */
export interface Chromium extends AsyncDisposable {
  /** As it names itself, such as `Chrome/140.0.7339.80`. */
  readonly version: string;
  /** Sends a command; rejects with a {@linkcode FetchFailure} when Chromium refuses it, or ends. */
  send(method: string, params?: object, sessionId?: string): Promise<Record<string, unknown>>;
  /** Hears of events from now on, in place of who did before. */
  listen(hear: (event: ChromiumEvent) => void): void;
}

/** A message of the protocol. */
interface Message extends Partial<ChromiumEvent> {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Of what it writes before it ends; the reason stands at the end. */
const MAX_STDERR_CHARS = 2000;

/** What keeps it off the network, from the user's files, and small. */
const FLAGS = [
  "--headless=new",
  "--remote-debugging-pipe",
  // Nobody listens there: what is not handed over fails. Names are not even looked up.
  "--proxy-server=http://127.0.0.1:9",
  "--proxy-bypass-list=<-loopback>",
  "--host-resolver-rules=MAP * ^NOTFOUND",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--dns-prefetch-disable",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--mute-audio",
  "--js-flags=--max-old-space-size=512",
];

/**
 * Starts the program at `path`.
 *
 * @throws {Error} when it does not start
 */
export async function startChromium(
  path: string,
  { userAgent }: { userAgent: string },
): Promise<Chromium> {
  const folder = await Deno.makeTempDir({ prefix: "cllm-chromium-" });
  const child = spawn(path, [
    ...FLAGS,
    // Chromium refuses to be root's with its own sandbox on; whose we are, our folder tells.
    ...((await Deno.stat(folder)).uid === 0 ? ["--no-sandbox"] : []),
    `--user-agent=${userAgent}`,
    `--user-data-dir=${folder}`,
  ], {
    // Nothing of the user's environment.
    env: { PATH: "/usr/bin:/bin", HOME: folder },
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
  });
  if (child.pid === undefined) {
    const [error] = await once(child, "error") as [Error];
    await Deno.remove(folder, { recursive: true });
    throw new Error(`Cannot render with ${path}: ${error.message}`);
  }
  const [, , stderr, commands, answers] = child.stdio as unknown as [
    null,
    null,
    Readable,
    Writable,
    Readable,
  ];
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  let hear: (event: ChromiumEvent) => void = () => {};
  let said = "";
  let over: FetchFailure | undefined;
  const ended = Promise.withResolvers<void>();
  const end = (reason: string) => {
    over ??= new FetchFailure("unreadable", `Chromium broke down over it: ${reason}`);
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
  };
  child.on("error", (error) => end(error.message));
  // Once its helpers are gone too, which write to the same end.
  child.on("close", () => {
    end(`it ended. ${said.trimEnd().split("\n").at(-1) ?? ""}`.trim());
    ended.resolve();
  });
  commands.on("error", (error) => end(error.message));
  stderr.setEncoding("utf8");
  stderr.on("data", (text: string) => said = (said + text).slice(-MAX_STDERR_CHARS));
  answers.setEncoding("utf8");
  let rest: string[] = [];
  answers.on("data", (text: string) => {
    const [first = "", ...more] = text.split("\0");
    rest.push(first);
    for (const part of more) {
      take(JSON.parse(rest.join("")));
      rest = [part];
    }
  });
  function take({ id, result = {}, error, method, params = {}, sessionId }: Message): void {
    if (method !== undefined) {
      return hear({ method, params, ...(sessionId === undefined ? {} : { sessionId }) });
    }
    const asked = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new FetchFailure("unreadable", `Chromium says: ${error.message}`));
  }
  let last = 0;
  const chromium: Omit<Chromium, "version"> = {
    send(method, params = {}, sessionId) {
      if (over) return Promise.reject(over);
      const asked = Promise.withResolvers<Record<string, unknown>>();
      waiting.set(++last, asked);
      commands.write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
      return asked.promise;
    },
    listen: (listener) => void (hear = listener),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended.promise;
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    const { product } = await chromium.send("Browser.getVersion");
    return { ...chromium, version: String(product) };
  } catch (cause) {
    await chromium[Symbol.asyncDispose]();
    throw new Error(`Cannot render with ${path}: ${said.trim() || "it ends at once"}`, { cause });
  }
}
