/**
 * Files that a run was told to go by, as its settings keep them: the place and what was in them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";

/** What a file is stored as. */
export const FILE = z.strictObject({
  /** Absolute. */
  path: z.string(),
  /** Of its bytes, hexadecimal. */
  sha256: z.string(),
});

/** A file and the digest of what was in it. */
export type FileSetting = Readonly<ReturnType<typeof FILE.parse>>;

/** Reads what run.json has of a list of files; throws where it is something else. */
export function parseFiles(stored: unknown): readonly FileSetting[] {
  return z.array(FILE).min(1).parse(stored);
}

/**
 * The file at `path` as it is now; `use` says what for, as in `--stage extract:a.ts`.
 *
 * @throws {UsageError} when it cannot be read
 */
export function readFileSetting(path: string, use: string): FileSetting {
  const absolute = resolve(path);
  return { path: absolute, sha256: digestOf(absolute, use) };
}

/**
 * Checks that a file is the one that the setting was made of.
 *
 * @throws {UsageError} when its content has changed since
 */
export function checkFile({ path, sha256 }: FileSetting, use: string): void {
  if (digestOf(path, use) === sha256) return;
  throw new UsageError(
    `Cannot use ${use}: its text is not what the run began with; put that back, or name it with ` +
      "--force while documents are still taken in",
  );
}

const CHUNK_BYTES = 2 ** 20;

function digestOf(path: string, use: string): string {
  try {
    using file = Deno.openSync(path);
    const hash = createHash("sha256");
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let read = file.readSync(chunk); read !== null; read = file.readSync(chunk)) {
      hash.update(chunk.subarray(0, read));
    }
    return hash.digest("hex");
  } catch (cause) {
    throw new UsageError(`Cannot use ${use}: ${reasonOf(cause)}`, { cause });
  }
}
