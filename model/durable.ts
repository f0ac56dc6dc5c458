/**
 * Files that are on the disk once a call returns, and small ones that stay small.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { writeFailure } from "./system_error.ts";

/** A file as recorded in a checkpoint. */
export interface FileDigest {
  /** Length of the file. */
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Takes all of `bytes` to the file that is being written. */
export type Put = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes the file `path` from the bytes that `write` puts: it appears there whole and durable, or not at
 * all, and an earlier file of that name stays until then. Every command that makes a file makes it here.
 *
 * @throws {Error} naming `path`, when the file cannot be written; errors of `write` pass unchanged
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { writeWhole } from "./durable.ts";
 * const path = await Deno.makeTempFile();
 * await writeWhole(path, (put) => put(new TextEncoder().encode("all of it")));
 * assertEquals(await Deno.readTextFile(path), "all of it");
 * await Deno.remove(path);
 * ```
 */
export async function writeWhole<T>(
  path: string,
  write: (put: Put) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.new`;
  let isOurs = false;
  try {
    // The remains of a killed process.
    await removeIfThere(temporary);
    using file = await naming(path, () => Deno.open(temporary, { write: true, createNew: true }));
    isOurs = true;
    const result = await write((bytes) => naming(path, () => writeAll(file, bytes)));
    await naming(path, async () => {
      await file.sync();
      const { ino } = await file.stat();
      if ((await Deno.stat(temporary)).ino !== ino) {
        isOurs = false;
        throw new Error("another process is writing it");
      }
      await Deno.rename(temporary, path);
      await syncFolder(dirname(path));
    });
    return result;
  } catch (error) {
    if (isOurs) await removeIfThere(temporary);
    throw error;
  }
}

/** {@linkcode writeWhole} for a text; returns what a checkpoint records of the file. */
export async function replaceFile(path: string, text: string): Promise<FileDigest> {
  const bytes = new TextEncoder().encode(text);
  await writeWhole(path, (put) => put(bytes));
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/**
 * Appends `bytes` to the file `path`, which is made when missing: all of them or, when the disk
 * is full, none.
 *
 * @throws {Error} naming `path`
 */
export async function appendWhole(
  path: string,
  bytes: Uint8Array,
  { sync }: {
    /** Whether to wait until they are on the disk. */
    sync: boolean;
  },
): Promise<void> {
  await naming(path, async () => {
    using file = await Deno.open(path, { append: true, create: true });
    const { size } = await file.stat();
    try {
      await writeAll(file, bytes);
      if (sync) await file.sync();
    } catch (error) {
      await file.truncate(size);
      throw error;
    }
  });
}

/**
 * Appends what `next` gives, until it gives nothing, to a part of a file that comes in several
 * attempts; the part is made when missing. It stops at the first chunk past `most` bytes.
 *
 * @returns the bytes appended
 * @throws {Error} naming `path`; errors of `next` pass unchanged, and what came before them stays
 */
export async function appendPart(
  path: string,
  next: () => Promise<Uint8Array | undefined>,
  { most }: { most: number },
): Promise<number> {
  using file = await naming(path, () => Deno.open(path, { append: true, create: true }));
  let bytes = 0;
  for (let chunk; bytes <= most && (chunk = await next()) !== undefined;) {
    const all = chunk;
    await naming(path, () => writeAll(file, all));
    bytes += all.length;
  }
  return bytes;
}

/** Makes a whole part the file `path`, durably. */
export async function keepPart(part: string, path: string): Promise<void> {
  await naming(path, async () => {
    using file = await Deno.open(part, { read: true, write: true });
    await file.sync();
    await Deno.rename(part, path);
    await syncFolder(dirname(path));
  });
}

/** Writes all of `bytes` at the file's position: one `write` may take less than it is given. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Runs `act`, and rethrows its errors as failures to write `path`. */
export async function naming<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
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

/** Whether anything is at `path`. */
export async function exists(path: string): Promise<boolean> {
  return await statIfThere(path) !== undefined;
}

/** Whether a folder is at `path`. */
export async function isFolder(path: string): Promise<boolean> {
  return (await statIfThere(path))?.isDirectory ?? false;
}

async function statIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    // A path through a file names nothing either.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
