/**
 * Finds the files to read: sorted by name, so that the order is the same everywhere.
 *
 * @module
 */
import { join, resolve } from "node:path";
import type { StageMeter } from "../meter.ts";

/** How a file is read. */
export type Format = "html" | "text" | "markdown" | "jsonl";

/** One file to read. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  readonly gzipped: boolean;
}

const FORMATS: Readonly<Record<string, Format>> = {
  html: "html",
  htm: "html",
  txt: "text",
  md: "markdown",
  jsonl: "jsonl",
};

/** The formats' endings, for messages. */
const READABLE = ".html, .htm, .txt, .md and .jsonl, each also with .gz";

/** The format a file name tells, or `undefined` for one that is not read. */
function formatOf(name: string): Omit<SourceFile, "path"> | undefined {
  const lower = name.toLowerCase();
  const gzipped = lower.endsWith(".gz");
  const bare = gzipped ? lower.slice(0, -".gz".length) : lower;
  const dot = bare.lastIndexOf(".");
  const format = dot < 0 ? undefined : FORMATS[bare.slice(dot + 1)];
  return format === undefined ? undefined : { format, gzipped };
}

/** A path the user named: a folder to walk or a file of a known format. */
export type Source = SourceFile | { readonly folder: string };

/**
 * Looks at a path once, following it where it is a link.
 *
 * @throws {Deno.errors.NotFound} when it does not exist
 * @throws {TypeError} when it is a file of another format
 */
export function findSource(path: string): Source {
  const absolute = resolve(path);
  if (statPath(path).isDirectory) return { folder: absolute };
  const format = formatOf(path);
  if (format !== undefined) return { path: absolute, ...format };
  throw new TypeError(`Cannot read ${path}: its name must end in one of ${READABLE}`);
}

function statPath(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(`Cannot read ${path}: no such file or folder`, { cause: error });
  }
}

/** The readable files of a source; in folders, links are not followed and other files are counted. */
export async function* walk(source: Source, meter: StageMeter): AsyncGenerator<SourceFile> {
  if ("folder" in source) yield* walkFolder(source.folder, meter);
  else yield source;
}

async function* walkFolder(folder: string, meter: StageMeter): AsyncGenerator<SourceFile> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    meter.drop({ item: folder, reason: "unreadable", detail: error.message });
    return;
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isFile } of entries) {
    const path = join(folder, name);
    if (isDirectory) {
      yield* walkFolder(path, meter);
      continue;
    }
    const format = formatOf(name);
    if (isFile && format !== undefined) yield { path, ...format };
    else if (isFile) {
      meter.drop({ item: path, reason: "unsupported-type", detail: `not one of ${READABLE}` });
    } else {
      meter.drop({ item: path, reason: "unsupported-type", detail: "links are not followed" });
    }
  }
}
