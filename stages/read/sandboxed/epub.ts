/**
 * The chapters of a book (EPUB 2 and 3), in the order in which they are read.
 *
 * @module
 */
import { posix } from "node:path";
import { ReadFailure } from "../failure.ts";
import { readProperties } from "./properties.ts";
import type { Piece, Task } from "./task.ts";
import type { Files } from "./unzip.ts";
import { walkXml } from "./xml.ts";

/** Each file of the book's spine as one page. */
export async function* readEpub(files: Files, _task: Task): AsyncGenerator<Piece> {
  const path = packageOf(files);
  const book = files.get(path);
  if (book === undefined) throw new ReadFailure("malformed", `the book has no ${path}`);
  const declared = readProperties(book);
  const hrefs = new Map<string, string>();
  // Each item once, as a spine must have them.
  const spine = new Set<string>();
  walkXml(book, {
    open(name, { id, href, idref }) {
      if (name === "item" && id !== undefined && href !== undefined) hrefs.set(id, href);
      if (name === "itemref" && idref !== undefined) spine.add(idref);
    },
  });
  for (const [at, id] of Array.from(spine).entries()) {
    const part = `chapter=${at + 1}`;
    const href = hrefs.get(id);
    const chapter = href === undefined ? undefined : pathOf(path, href);
    const body = files.get(chapter ?? "");
    if (body === undefined) {
      yield { part, reason: "malformed", message: `the book has no file for its item "${id}"` };
    } else yield { part, contentType: "application/xhtml+xml", body, declared };
  }
}

function packageOf(files: Files): string {
  let path = "";
  walkXml(files.get("META-INF/container.xml") ?? new Uint8Array(), {
    open(name, { "full-path": fullPath }) {
      if (name === "rootfile" && path === "" && fullPath !== undefined) path = fullPath;
    },
  });
  return path;
}

/** A reference out of the package file, as a path in the archive. */
function pathOf(from: string, href: string): string {
  const [bare = ""] = href.split("#");
  const joined = posix.join(posix.dirname(from), bare);
  try {
    return decodeURIComponent(joined);
  } catch (error) {
    if (error instanceof URIError) return joined;
    throw error;
  }
}
