/**
 * Where a reading of files stands: in which file, and how many pages of it have been handed on.
 *
 * @module
 */
import type { Page } from "../types.ts";
import type { OnSkip } from "./ignored.ts";
import type { PageOptions } from "./page_options.ts";
import { pagesOf } from "./pages.ts";
import { Sandbox } from "./sandbox.ts";
import { filesOf, type OnDrop, type Source, STDIN, type WalkOptions } from "./walk.ts";

/** A place between two pages; plain JSON. */
export interface ReadCursor {
  /** Files before this one, in the order in which they are read. */
  readonly files: number;
  /** The file whose pages were read last. */
  readonly path: string;
  /** Pages of this file that were handed on. */
  readonly pages: number;
}

/** Reads back what a barrier carried for this stage; undefined when that is no such cursor. */
export function readReadCursor(value: unknown): ReadCursor | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { files, path, pages } = value as Partial<Record<keyof ReadCursor, unknown>>;
  const counts = [files, pages].every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  return counts && typeof path === "string"
    ? { files: Number(files), path, pages: Number(pages) }
    : undefined;
}

/**
 * The pages after `cursor`, each with the cursor behind it. Where that file is no longer at its
 * place among the sources, all pages come: what was stored of them is known by its id. Drops
 * between pages that were handed on before have been counted before.
 *
 * @throws {Error} where standard input does not hold what was read from it before
 */
export async function* pagesAfter(
  sources: readonly Source[],
  { cursor, drop, skip, allFiles, except, maxDocumentMs, ...options }:
    & Omit<PageOptions, "sandbox">
    & WalkOptions
    & {
      cursor: ReadCursor | undefined;
      /** What a document that is read whole may take until something comes out of it. */
      maxDocumentMs: number;
    },
): AsyncGenerator<{ page: Page; cursor: ReadCursor }> {
  const folders = { allFiles, except };
  const isThere = cursor && await isAt(sources, { cursor, ...folders });
  const from = isThere ? cursor : { files: 0, pages: 0 };
  await using sandbox = new Sandbox({ timeoutMs: maxDocumentMs });
  let files = -1, pages = 0;
  const isPast = () =>
    !isThere || files > from.files || (files === from.files && pages >= from.pages);
  const dropPast: OnDrop = (item) => {
    if (isPast()) drop(item);
  };
  const skipPast: OnSkip = (kind) => {
    if (isPast()) skip(kind);
  };
  const walked = filesOf(sources, { ...folders, drop: dropPast, skip: skipPast });
  for await (const file of walked) {
    pages = 0;
    if (++files < from.files) continue;
    for await (const page of pagesOf(file, { ...options, sandbox, drop: dropPast })) {
      pages++;
      if (files === from.files && pages <= from.pages) continue;
      yield { page, cursor: { files, path: file.path, pages } };
    }
    if (isPast()) continue;
    const detail = `it ended after ${pages} pages where ${from.pages} had been read`;
    if (file.path === STDIN) {
      throw new Error(`Cannot go on reading standard input: ${detail}; give the same data again`);
    }
    drop({ item: file.path, reason: "unreadable", detail });
  }
}

async function isAt(
  sources: readonly Source[],
  { cursor, ...folders }: Omit<WalkOptions, "drop" | "skip"> & { cursor: ReadCursor },
): Promise<boolean> {
  let at = 0;
  // Looks only; what it drops is dropped, and counted, by the reading itself.
  for await (const file of filesOf(sources, { ...folders, drop() {}, skip() {} })) {
    if (at++ === cursor.files) return file.path === cursor.path;
  }
  return false;
}
