/**
 * One page in Chromium, until it asks for nothing more. Every request is answered from here.
 *
 * @module
 */
import type { Chromium } from "./chromium.ts";
import type { Exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";

/** What a page's script is answered. */
export type Answer = Pick<Exchange, "status" | "rawHeaders" | "body">;

/** Choices for {@linkcode renderPage}. */
export interface RenderPageOptions {
  readonly url: string;
  /** The page as it was fetched. */
  readonly page: Answer;
  /** Fetches what scripts ask for; throws a {@linkcode FetchFailure} for what cannot be had. */
  readonly get: (url: URL) => Promise<Answer>;
  /** How long its scripts may take, and how long Chromium to say what they made of it. */
  readonly timeoutMs: number;
  /** Cap on the page that comes out. */
  readonly maxBytes: number;
}

/** Requests of one page, and bytes of all their answers. */
const MAX_REQUESTS = 100;
const MAX_ANSWERED_BYTES = 32 * 2 ** 20;

/** What text may come from; pictures, styles and frames are not asked for. */
const ANSWERED: ReadonlySet<unknown> = new Set(["Script", "XHR", "Fetch"]);
/** About a coding that has been undone, or about other visits. */
const NOT_PASSED_ON = /^(content-encoding|transfer-encoding|content-length|set-cookie)$/i;

/** What Chromium says of a request that waits for its answer. */
interface Paused {
  readonly requestId: string;
  readonly request: { readonly url: string; readonly method: string };
  readonly resourceType: string;
}

/**
 * The page's HTML once its scripts have run.
 *
 * @throws {FetchFailure} `timeout` where Chromium hangs, `unreadable` where it broke down: it must be
 *   killed
 */
export async function renderPage(
  chromium: Chromium,
  { url, page, get, timeoutMs, maxBytes }: RenderPageOptions,
): Promise<string> {
  const failed = Promise.withResolvers<never>();
  // Heard of where something waits for it.
  failed.promise.catch(() => {});
  const idle = new Set<unknown>();
  let wake = () => {};
  let requests = 0, bytes = 0, isServed = false;

  async function answerTo({ request, resourceType }: Paused): Promise<Answer | undefined> {
    if (request.method !== "GET") return undefined;
    if (resourceType === "Document") {
      const isFirst = !isServed;
      isServed = true;
      return isFirst ? page : undefined;
    }
    const isTooMuch = ++requests > MAX_REQUESTS || bytes > MAX_ANSWERED_BYTES;
    if (isTooMuch || !ANSWERED.has(resourceType)) return undefined;
    try {
      const answer = await get(new URL(request.url));
      bytes += answer.body.byteLength;
      return answer;
    } catch (error) {
      if (error instanceof FetchFailure) return undefined;
      throw error;
    }
  }

  async function serve(paused: Paused, sessionId: string): Promise<void> {
    const answer = await answerTo(paused);
    const { requestId } = paused;
    if (answer === undefined) {
      await chromium.send(
        "Fetch.failRequest",
        { requestId, errorReason: "BlockedByClient" },
        sessionId,
      );
      return;
    }
    await chromium.send("Fetch.fulfillRequest", {
      requestId,
      responseCode: answer.status,
      responseHeaders: answer.rawHeaders
        .filter(([name]) => !NOT_PASSED_ON.test(name))
        .map(([name, value]) => ({ name, value })),
      body: answer.body.toBase64(),
    }, sessionId);
  }

  let session = "";
  chromium.listen(({ method, params, sessionId }) => {
    if (sessionId !== session || sessionId === undefined) return;
    if (method === "Fetch.requestPaused") {
      // The shape is the protocol's. A page that is over has its requests refused.
      serve(params as unknown as Paused, sessionId).catch(failed.reject);
    } else if (method === "Page.javascriptDialogOpening") {
      chromium.send("Page.handleJavaScriptDialog", { accept: false }, sessionId)
        .catch(failed.reject);
    } else if (method === "Page.lifecycleEvent" && params.name === "networkIdle") {
      idle.add(params.loaderId);
      wake();
    }
  });

  const { browserContextId } = await chromium.send("Target.createBrowserContext");
  try {
    const { targetId } = await chromium.send("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const attached = await chromium.send("Target.attachToTarget", { targetId, flatten: true });
    session = String(attached.sessionId);
    const send = (method: string, params: object) => chromium.send(method, params, session);
    await send("Page.enable", {});
    await send("Page.setLifecycleEventsEnabled", { enabled: true });
    await send("Network.enable", {});
    await send("Network.setBypassServiceWorker", { bypass: true });
    await send("Fetch.enable", { patterns: [{ urlPattern: "*" }] });
    const run = async () => {
      const { loaderId } = await send("Page.navigate", { url });
      while (!idle.has(loaderId)) await new Promise<void>((resolve) => wake = resolve);
    };
    await within(timeoutMs, Promise.race([run(), failed.promise]));
    const read = send("Runtime.evaluate", {
      expression: `document.documentElement.outerHTML.slice(0, ${maxBytes})`,
      returnByValue: true,
    });
    const { result } = await within(timeoutMs, read) ?? hang(timeoutMs);
    return String((result as { value?: unknown }).value ?? "");
  } finally {
    chromium.listen(() => {});
    // Ends with Chromium, where that is killed.
    chromium.send("Target.disposeBrowserContext", { browserContextId }).catch(() => {});
  }
}

function hang(timeoutMs: number): never {
  throw new FetchFailure("timeout", `its scripts keep Chromium busy for ${timeoutMs} ms`);
}

/** What `promise` gives, or nothing where that takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  // It may fail after nobody waits any more.
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
