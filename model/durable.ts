/**
 * Files that are on the disk once a call returns, and small ones that stay small.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";

/** What a checkpoint records of a file. */
export interface FileDigest {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Writes `text` to a new file and waits until it is on the disk. */
export async function writeDurably(path: string, text: string): Promise<FileDigest> {
  const bytes = new TextEncoder().encode(text);
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  await file.sync();
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Writes `chunks` as the file `path`, which appears there whole, on the disk, or not at all. */
export async function writeWhole(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      for (const chunk of chunks) {
        // One `write` may take less than it was given.
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
      await file.sync();
    }
    await Deno.rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (await exists(temporary)) await Deno.remove(temporary);
    throw error;
  }
}

/** Waits until the names in a folder (creations, renames, removals) are on the disk. */
export async function syncFolder(dir: string): Promise<void> {
  using folder = await Deno.open(dir);
  await folder.sync();
}

/** Digest of a file, read in pieces. */
export async function digestFile(path: string): Promise<FileDigest> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  const chunk = new Uint8Array(2 ** 20);
  let bytes = 0;
  for (let count; (count = await file.read(chunk)) !== null;) {
    hash.update(chunk.subarray(0, count));
    bytes += count;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/**
 * The text of a small file.
 *
 * @throws {RangeError} when it has more than `maxBytes`; nothing is read then
 */
export async function readBounded(
  path: string,
  { maxBytes }: { maxBytes: number },
): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size > maxBytes) {
    throw new RangeError(`Cannot read ${path}: it has ${size} bytes, more than ${maxBytes}`);
  }
  return await Deno.readTextFile(path);
}

/** Whether anything is at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // A path through a file names nothing either.
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
