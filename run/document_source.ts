/**
 * Finds the source of a run that a document came from.
 *
 * @module
 */
import { basename, dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { STDIN } from "../stages/read/mod.ts";
import type { Document } from "../stages/types.ts";
import { splitSources } from "./sources.ts";

/** Fields that {@linkcode sourceOf} reads. */
export type Sourced = Pick<Document, "url"> & Partial<Pick<Document, "warc">>;

/**
 * The operand of the run that a document came from, named from the folder that holds all of them:
 * the host of an address, `notes/` for a folder, `posts.jsonl` for a file, `-` for standard input.
 * Where a folder is the only operand, its subfolders are the sources. A page from an archive in a
 * folder belongs to its host.
 *
 * @param operands as run.json has them: addresses and absolute paths
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sourceOf } from "./document_source.ts";
 * const operands = ["/data/letters", "/data/posts.jsonl", "https://example.org/docs/"];
 * assertEquals(sourceOf({ url: "file:///data/letters/a/1.txt" }, operands), "letters/");
 * assertEquals(sourceOf({ url: "file:///data/posts.jsonl#line=3" }, operands), "posts.jsonl");
 * assertEquals(sourceOf({ url: "https://example.org/docs/x" }, operands), "example.org");
 * ```
 */
export function sourceOf({ url, warc }: Sourced, operands: readonly string[]): string {
  const { protocol, host } = new URL(url);
  const paths = splitSources(operands).paths.filter((path) => path !== STDIN);
  if (protocol !== "file:") {
    const archive = warc && paths.find((path) => basename(path) === warc.file);
    return archive === undefined ? host : nameOf(archive, paths);
  }
  const file = fileURLToPath(withoutFragment(url));
  if (file === "/dev/stdin" && operands.includes(STDIN)) return STDIN;
  // The innermost, where one operand is inside another.
  const operand = paths.filter((path) => isIn(file, path))
    .reduce((a, b) => b.length > a.length ? b : a, "");
  if (operand === "") return `${basename(dirname(file))}/`;
  const name = nameOf(operand, paths);
  if (file === operand) return name;
  const [first, second] = relative(operand, file).split(sep);
  const folder = name.endsWith("/") ? name : `${name}/`;
  return operands.length === 1 && second !== undefined ? `${folder}${first}/` : folder;
}

function withoutFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

/** Whether `file` is `path` or inside it. */
function isIn(file: string, path: string): boolean {
  return file === path || file.startsWith(path.endsWith(sep) ? path : path + sep);
}

/** A path relative to the common folder of `paths`. */
function nameOf(path: string, paths: readonly string[]): string {
  let shared = dirname(path);
  while (dirname(shared) !== shared && !paths.every((other) => isIn(dirname(other), shared))) {
    shared = dirname(shared);
  }
  return relative(shared, path) || path;
}
