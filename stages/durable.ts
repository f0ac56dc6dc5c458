/**
 * Reads files of a run, in part or if present.
 *
 * @module
 */

export { replaceFile, writeAll } from "../model/durable.ts";

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
