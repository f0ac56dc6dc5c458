/**
 * Finds the files to read: sorted by name, so that the order is the same everywhere.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Drop } from "../meter.ts";
import { findFormat, HEAD_BYTES, kindOf } from "./format.ts";
import { type FolderRules, type OnSkip, openRules } from "./ignored.ts";
import { packingOf } from "./members.ts";

/** The operand that names standard input. */
export const STDIN = "-";

/** One file to read. */
export interface SourceFile {
  /** Absolute, or {@linkcode STDIN}. */
  readonly path: string;
  /** Whether the user named this very file, and not only a folder around it. */
  readonly asked: boolean;
  /** The part of it to read; all of it without one. */
  readonly range?: FileRange;
}

/** A part of a file that is read by itself: its records are those that begin between two bytes. */
export interface FileRange {
  readonly of: "lines" | "records" | "members" | "row-groups";
  readonly start: number;
  readonly end: number;
  /** Of lines: the number of the first, from 1. */
  readonly line?: number;
}

/** A path the user named: a folder to walk or a file. */
export type Source = SourceFile | { readonly folder: string };

/** Hears of what is passed over. */
export type OnDrop = (drop: Omit<Drop, "stage">) => void;

/** The address of a file, under which its pages are known. */
export const urlOf = (path: string): string =>
  pathToFileURL(path === STDIN ? "/dev/stdin" : path).href;

/**
 * Looks at a path once, following it where it is a link.
 *
 * @throws {Deno.errors.NotFound} when it does not exist
 * @throws {TypeError} when it is a file of a format that is not read
 */
export function findSource(path: string): Source {
  if (path === STDIN) return { path, asked: true };
  const absolute = resolve(path);
  const { isDirectory, isFile } = statPath(path);
  if (isDirectory) return { folder: absolute };
  // A pipe can be looked at only once.
  const found = isFile ? lookAt(absolute, { asked: true }) : { format: "text" };
  if ("format" in found) return { path: absolute, asked: true };
  if ("malformed" in found) throw new TypeError(`Cannot read ${path}: ${found.malformed}`);
  throw new TypeError(`Cannot read ${path}: ${found.unsupported}; docs/reading.md has the formats`);
}

function statPath(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(`Cannot read ${path}: no such file or folder`, { cause: error });
  }
}

function lookAt(path: string, { asked }: { asked: boolean }) {
  const head = new Uint8Array(HEAD_BYTES);
  using file = Deno.openSync(path);
  const known = head.subarray(0, file.readSync(head) ?? 0);
  if (packingOf(known) !== undefined) return { format: "compressed" };
  return findFormat(known, { name: basename(path), asked });
}

/**
 * Whether a folder holds a file that is read. Others are dropped by their kind until one is found;
 * behind `most` of them the answer is yes, since nobody knows.
 */
export async function holdsReadable(
  source: Source,
  { most, ...options }: Omit<WalkOptions, "except"> & { most: number },
): Promise<boolean> {
  let looked = 0;
  for await (const { path } of walk(source, { ...options, except: [] })) {
    if (++looked > most) return true;
    try {
      const found = lookAt(path, { asked: false });
      // The run says which one is malformed.
      if (!("unsupported" in found)) return true;
      const kind = kindOf(path);
      options.drop({ item: path, reason: "unsupported-type", detail: found.unsupported, kind });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const kind = "unreadable";
      options.drop({ item: path, reason: "unreadable", detail: error.message, kind });
    }
  }
  return false;
}

/** How folders are walked. */
export interface WalkOptions {
  readonly drop: OnDrop;
  /** Whether what is hidden and what .gitignore files name is read too. */
  readonly allFiles: boolean;
  /** Absolute paths of folders that are passed over in any case. */
  readonly except: readonly string[];
  readonly skip: OnSkip;
}

/** The files of all sources, in their order. */
export async function* filesOf(
  sources: readonly Source[],
  options: WalkOptions,
): AsyncGenerator<SourceFile> {
  for (const source of sources) yield* walk(source, options);
}

/** The files of a source; in folders, links are not followed. */
export async function* walk(source: Source, options: WalkOptions): AsyncGenerator<SourceFile> {
  if (!("folder" in source)) return yield source;
  const { folder } = source;
  const rules = options.allFiles ? undefined : await openRules(folder, options.drop);
  yield* walkFolder(folder, { ...options, rules });
}

async function* walkFolder(
  folder: string,
  options: WalkOptions & { rules: FolderRules | undefined },
): AsyncGenerator<SourceFile> {
  const { drop, skip, rules, except } = options;
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    drop({ item: folder, reason: "unreadable", detail: error.message });
    return;
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const { name, isDirectory, isFile, isSymlink } = entry;
    const path = join(folder, name);
    const skipped = except.includes(path) ? "excepted" : rules?.skips(entry);
    if (skipped !== undefined) skip(skipped);
    else if (isDirectory) yield* walkFolder(path, { ...options, rules: await rules?.enter(name) });
    else if (isFile) yield { path, asked: false };
    else {
      const detail = isSymlink ? "links are not followed" : "neither a file nor a folder";
      drop({
        item: path,
        reason: "unsupported-type",
        detail,
        kind: isSymlink ? "links" : "others",
      });
    }
  }
}
