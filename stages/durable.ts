/**
 * File operations that leave a run folder whole after a crash.
 *
 * @module
 */

import { dirname } from "node:path";
import { syncFolder } from "../model/durable.ts";

/** Replaces the file at `path` in one step: readers see the old text or the new, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
  await writeAll(file, new TextEncoder().encode(text));
  await file.sync();
  await Deno.rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Writes all of `bytes` at the file's position. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Fills `bytes` from `offset` of the file; returns fewer than `bytes.length` only at its end. */
export async function readAt(
  file: Deno.FsFile,
  offset: number,
  bytes: Uint8Array,
): Promise<number> {
  await file.seek(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return done;
}

/** The text of a file, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
