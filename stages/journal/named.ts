/**
 * Who says how many documents a journal holds: its mark, its seal, and what others have made of it.
 * A journal that holds fewer has lost some.
 *
 * @module
 */

import { join } from "node:path";
import { readChecked } from "../checked_json.ts";
import { readMark } from "./mark.ts";

/** The file of a journal that says that it is complete. */
export const SEAL = "sealed.json";

/** A number of documents that the journal must have. */
export interface Named {
  /** The journal is damaged where it has fewer. */
  readonly documents: number;
  /** The file, or what else says so. */
  readonly by: string;
}

/**
 * Documents of a journal that is complete; `undefined` when more may come.
 *
 * @throws {SyntaxError} when the seal is damaged
 */
export async function readSeal(dir: string): Promise<number | undefined> {
  const path = join(dir, SEAL);
  const seal = await readChecked(path, { remedy: "`deno task repair RUN` says what can be saved" });
  if (seal === undefined) return undefined;
  if ("documents" in seal && Number.isSafeInteger(seal.documents)) return Number(seal.documents);
  throw new SyntaxError(`Cannot read ${path}: it says no number of documents`);
}

/** What the journal's own files name. */
export async function namedInside(
  dir: string,
): Promise<{ named: Named[]; sealed: number | undefined }> {
  const sealed = await readSeal(dir);
  const mark = await readMark(dir);
  return {
    sealed,
    named: [
      ...mark ? [{ documents: mark.documents, by: join(dir, "mark.json") }] : [],
      ...sealed === undefined ? [] : [{ documents: sealed, by: join(dir, SEAL) }],
    ],
  };
}

/**
 * Checks that a journal holds what is named.
 *
 * @throws {Error} naming what says so
 */
export function checkNamed(
  { dir, count, isTorn }: { dir: string; count: number; isTorn: boolean },
  { named, sealed }: { named: readonly Named[]; sealed: number | undefined },
): void {
  const most = named.toSorted((a, b) => b.documents - a.documents)[0];
  const wrong = (rest: string) =>
    new Error(
      `Cannot open journal ${dir}: ${rest}; nothing was changed, and \`deno task repair RUN\` ` +
        "says what can be saved",
    );
  if (most && most.documents > count) {
    throw wrong(`it has ${count} documents, and ${most.by} names ${most.documents}`);
  }
  if (sealed === undefined) return;
  if (sealed !== count) throw wrong(`it was sealed with ${sealed} documents and has ${count}`);
  if (isTorn) throw wrong(`it was sealed, and its last file goes on after its last document`);
}
