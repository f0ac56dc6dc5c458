/**
 * mark.json of a journal: the last barrier that was written to it, so that a source can go on from
 * where it stood instead of from its beginning.
 *
 * @module
 */

import { join } from "node:path";
import { readIfThere, replaceFile } from "../durable.ts";
import type { Cursors } from "../types.ts";

/** A barrier's place in the journal. */
export interface Mark {
  /** Documents before it. */
  readonly documents: number;
  readonly cursors: Cursors;
}

const NAME = "mark.json";

/** The last mark in `dir`; undefined where there is none. */
export async function readMark(dir: string): Promise<Mark | undefined> {
  const path = join(dir, NAME);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const { documents, cursors }: Partial<Mark> = JSON.parse(text) ?? {};
  if (Number.isSafeInteger(documents) && typeof cursors === "object" && cursors !== null) {
    return { documents: Number(documents), cursors };
  }
  throw new SyntaxError(`Cannot read ${path}: it is damaged; without it, sources begin anew`);
}

/** Replaces the mark in `dir`. */
export async function writeMark(dir: string, mark: Mark): Promise<void> {
  await replaceFile(join(dir, NAME), JSON.stringify(mark) + "\n");
}
