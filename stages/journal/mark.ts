/**
 * mark.json of a journal: the last barrier written to it, so that a source can resume at its position
 * instead of at its beginning.
 *
 * @module
 */

import { join } from "node:path";
import { readChecked, writeChecked } from "../checked_json.ts";
import type { Cursors } from "../types.ts";

/** A barrier's place in the journal. */
export interface Mark {
  /** Documents before it. */
  readonly documents: number;
  /** Where the stages before the journal stood at it. */
  readonly cursors: Cursors;
}

const NAME = "mark.json";

/**
 * The last mark in `dir`; undefined where there is none.
 *
 * @throws {SyntaxError} when it is damaged
 */
export async function readMark(dir: string): Promise<Mark | undefined> {
  const path = join(dir, NAME);
  const remedy = "without it, sources begin anew: `deno task repair RUN` sets it aside";
  const mark = await readChecked(path, { remedy });
  if (mark === undefined) return undefined;
  const { documents, cursors }: Partial<Mark> = mark;
  if (Number.isSafeInteger(documents) && typeof cursors === "object" && cursors !== null) {
    return { documents: Number(documents), cursors };
  }
  throw new SyntaxError(`Cannot read ${path}: it is damaged; ${remedy}`);
}

/** Replaces the mark in `dir`. */
export async function writeMark(dir: string, mark: Mark): Promise<void> {
  await writeChecked(join(dir, NAME), mark);
}
