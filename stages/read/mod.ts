/**
 * The read stage: from files and folders to pages.
 *
 * @module
 */
import { StageMeter } from "../meter.ts";
import type { Page } from "../types.ts";
import { type PageOptions, pagesOf } from "./pages.ts";
import { findSource, type Source, walk } from "./walk.ts";

export { findSource, type Source } from "./walk.ts";

/** Options of {@linkcode read}. */
export interface ReadOptions {
  /** Files and folders, read in this order; folders recursively, sorted by name. */
  readonly paths: readonly string[];
  /** Field of a JSONL record that holds the text. */
  readonly textField?: string;
  /** Cap on an HTML file and on a JSONL line; long text files are split instead. */
  readonly maxFileBytes?: number;
  /** Cap on one page of a long text file. */
  readonly maxPartBytes?: number;
  readonly meter?: StageMeter;
  readonly signal?: AbortSignal;
}

async function* readAll(
  sources: readonly Source[],
  options: PageOptions,
): AsyncGenerator<Page> {
  for (const source of sources) {
    for await (const file of walk(source, options.meter)) yield* pagesOf(file, options);
  }
}

/**
 * Reads .html, .htm, .txt, .md and .jsonl, plain or gzipped. A JSONL record becomes a page named
 * `file:///path#line=12`; a text file longer than `maxPartBytes` becomes several, named `#part=1`
 * and so on. What cannot be read is dropped with its reason. Needs read permission for `paths`.
 *
 * @throws {Deno.errors.NotFound} when a path does not exist
 * @throws {TypeError} when a path names a file of another format
 * @example
 * ```ts
 * import { read } from "./mod.ts";
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(path, '{"text":"one"}\n{"text":"two"}\n');
 * const pages = await Array.fromAsync(read({ paths: [path] }));
 * console.assert(new TextDecoder().decode(pages[1]?.body) === "two");
 * ```
 */
export function read({
  paths,
  textField = "text",
  maxFileBytes = 8 * 2 ** 20,
  maxPartBytes = 4 * 2 ** 20,
  meter = new StageMeter("read"),
  signal,
}: ReadOptions): ReadableStream<Page> {
  const sources = paths.map(findSource);
  const pages = readAll(sources, { textField, maxFileBytes, maxPartBytes, meter });
  let abort: () => void = () => {};
  const release = async () => {
    signal?.removeEventListener("abort", abort);
    await pages.return(undefined);
  };
  return new ReadableStream<Page>({
    start(controller) {
      signal?.throwIfAborted();
      abort = () => {
        controller.error(signal?.reason);
        release();
      };
      signal?.addEventListener("abort", abort);
    },
    async pull(controller) {
      meter.phase("busy");
      const { done, value } = await pages.next();
      meter.phase("blocked");
      if (signal?.aborted) return;
      if (done) {
        signal?.removeEventListener("abort", abort);
        controller.close();
        return;
      }
      meter.in(value.body.byteLength);
      meter.out(value.body.byteLength);
      controller.enqueue(value);
    },
    cancel: release,
  }, { highWaterMark: 0 });
}
