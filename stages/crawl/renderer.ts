/**
 * Fills pages that are empty until their scripts have run, one at a time.
 *
 * @module
 */
import { decodePage } from "../decode_page.ts";
import { needsJavascript } from "../needs_javascript.ts";
import { type Chromium, startChromium } from "./chromium.ts";
import {
  type FetchContext,
  type FetchedPage,
  fetchFile,
  isHtmlType,
  linksOf,
} from "./fetch_page.ts";
import { renderPage } from "./render_page.ts";

/** How pages are rendered. */
export interface RenderOptions {
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
   * @throws {FetchFailure} where its scripts do not come to an end
   */
  render(fetched: FetchedPage): Promise<FetchedPage>;
}

/** Opens the renderer; its requests are made as those of the crawl are. */
export function openRenderer(
  { chromium: path, timeoutMs = 20_000 }: RenderOptions,
  context: FetchContext,
): Renderer {
  const { connection: { signal, userAgent, maxBytes }, agent } = context;
  let running: Promise<Chromium> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function kill(): Promise<void> {
    const ending = running;
    running = undefined;
    await (await ending?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
  const abort = () => void kill();
  signal.addEventListener("abort", abort, { once: true });

  const get = async (url: URL) => {
    (await context.robots(url)).check(url);
    return await fetchFile(url, context);
  };

  async function fill(fetched: FetchedPage): Promise<FetchedPage> {
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
      // What its scripts ask for may change while the page that loads them stays the same.
      return { ...fetched, page: rendered, validators: {}, ...linksOf(rendered, { html, agent }) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      await kill();
      throw error;
    }
  }

  return {
    async render(fetched) {
      const { page: { body, contentType } } = fetched;
      if (!isHtmlType(contentType)) return fetched;
      if (!needsJavascript(decodePage(body, { contentType, isHtml: true }))) return fetched;
      const turn = last.then(() => fill(fetched));
      last = turn.catch(() => {});
      return await turn;
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", abort);
      await kill();
    },
  };
}
