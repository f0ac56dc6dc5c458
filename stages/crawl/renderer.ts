/**
 * Fills pages that are empty until their scripts have run, one at a time.
 *
 * @module
 */
import { decodePage } from "../decode_page.ts";
import { needsJavascript } from "../needs_javascript.ts";
import { type Chromium, startChromium } from "./chromium.ts";
import { FetchFailure } from "./failure.ts";
import type { Validators } from "./frontier_entry.ts";
import {
  digestOf,
  type FetchContext,
  type FetchedPage,
  fetchFile,
  isHtmlType,
  linksOf,
} from "./fetch_page.ts";
import { renderPage } from "./render_page.ts";

/** How pages are rendered. */
export interface RendererOptions {
  /** Path of the program. */
  readonly chromium: string;
  /** How long a page's scripts may take. */
  readonly timeoutMs?: number;
}

/** A Chromium that is started with the first page that needs it; disposing kills it. */
export interface Renderer extends AsyncDisposable {
  /**
   * The page as its scripts made it, where it waits for them; any other as it is.
   *
   * @param before validators of the page as it was fetched before
   * @throws {FetchFailure} where its scripts do not come to an end; `unchanged` is one
   */
  render(fetched: FetchedPage, before: Validators): Promise<FetchedPage>;
}

/** Opens the renderer; its requests are made as those of the crawl are. */
export function openRenderer(
  { chromium: path, timeoutMs = 20_000 }: RendererOptions,
  context: FetchContext,
): Renderer {
  const { connection: { signal, userAgent, maxBytes }, agent } = context;
  let running: Promise<Chromium> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  let closing = Promise.resolve();
  function kill(): Promise<void> {
    const ending = running;
    running = undefined;
    closing = closing.then(async () => {
      // One that did not start has been told of, and left nothing.
      await (await ending?.catch(() => undefined))?.[Symbol.asyncDispose]();
    });
    return closing;
  }
  const abort = () => void kill();
  signal.addEventListener("abort", abort, { once: true });

  const get = async (url: URL) => {
    (await context.robots(url)).check(url);
    return await fetchFile(url, context);
  };

  async function fill(fetched: FetchedPage, before: Validators): Promise<FetchedPage> {
    signal.throwIfAborted();
    const { page } = fetched;
    const { status = 200, headers = [] } = page.response ?? {};
    const chromium = await (running ??= startChromium(path, { userAgent }));
    try {
      const html = await renderPage(chromium, {
        url: page.url,
        page: { status, rawHeaders: headers, body: page.body },
        get,
        timeoutMs,
        maxBytes,
      });
      const renderedBy = chromium.version;
      const contentType = "text/html; charset=utf-8";
      const rendered = {
        ...page,
        contentType,
        body: new TextEncoder().encode(html),
        renderedBy,
        response: {
          status,
          headers: [
            ...headers.filter(([name]) => name.toLowerCase() !== "content-type"),
            ["Content-Type", contentType] as const,
            ["X-Crawler-Rendered-By", renderedBy] as const,
          ],
        },
      };
      // Of what the scripts made: the page that loads them may stay the same when that changes.
      const digest = await digestOf(rendered.body);
      if (digest === before.digest) {
        throw new FetchFailure("unchanged", "its scripts make the same of it as before");
      }
      const links = linksOf(rendered, { html, agent });
      return { ...fetched, page: rendered, validators: { digest }, ...links };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof FetchFailure && error.reason === "unchanged")) await kill();
      throw error;
    }
  }

  return {
    async render(fetched, before) {
      const { page: { body, contentType } } = fetched;
      if (!isHtmlType(contentType)) return fetched;
      if (!needsJavascript(decodePage(body, { contentType, isHtml: true }))) return fetched;
      const turn = last.then(() => fill(fetched, before));
      last = turn.catch(() => {});
      return await turn;
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", abort);
      await kill();
    },
  };
}
