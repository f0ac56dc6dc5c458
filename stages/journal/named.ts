/**
 * The document counts recorded for a journal: by its mark, its seal, and files derived from it. A
 * journal with fewer documents has lost some.
 *
 * @module
 */

import { join } from "node:path";
import { readChecked } from "../checked_json.ts";
import { readMark } from "./mark.ts";

/** The file that declares a journal complete. */
export const SEAL = "sealed.json";

/** A minimum number of documents. */
export interface Named {
  /** The journal is damaged where it has fewer. */
  readonly documents: number;
  /** The file, or other record, of the number. */
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
  throw new SyntaxError(`Cannot read ${path}: it has no number of documents`);
}

/** The counts in the journal's own files. */
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
 * Checks that a journal reaches every recorded count.
 *
 * @throws {Error} naming the record that it contradicts
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
