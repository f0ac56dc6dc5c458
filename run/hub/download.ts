/**
 * Downloads one file of a model: goes on where an earlier download broke off, takes no more bytes
 * than were announced, and keeps the file only where its digest is right.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { appendPart, digestFile, exists, keepPart } from "../../model/durable.ts";
import type { HubClient, HubFile } from "./client.ts";

/** Connections that may break in a row without a byte. */
const MAX_BARREN = 3;

/** Options of {@linkcode downloadFile}. */
export interface DownloadOptions {
  readonly client: Pick<HubClient, "open">;
  readonly commit: string;
  readonly file: HubFile;
  /** Where the file goes; what there is of it so far is beside it, in `path.part`. */
  readonly path: string;
}

/**
 * Makes the file `path` appear whole, or not at all.
 *
 * @throws {Error} when the connection breaks off for good, in which case a later call goes on from
 * there, and when length or digest are not those announced
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { file, path } = options;
  const part = `${path}.part`;
  let have = await exists(part) ? (await Deno.stat(part)).size : 0;
  if (have > file.size) {
    await Deno.remove(part);
    have = 0;
  }
  let isThere = have > 0;
  for (let barren = 0; have < file.size || !isThere;) {
    const more = await append(options, { part, from: have });
    isThere = true;
    have += more.bytes;
    if (have > file.size) {
      await Deno.remove(part);
      throw failed(file, `the hub announced ${file.size} bytes and sends more`);
    }
    if (have === file.size) break;
    barren = more.bytes === 0 ? barren + 1 : 0;
    if (barren === MAX_BARREN) {
      const reason =
        `it ends at byte ${have} of ${file.size}; run the command again to go on there`;
      throw failed(file, reason, more.cause);
    }
  }
  const found = await digestOf(part, file);
  if (found !== file.digest.hex) {
    await Deno.remove(part);
    throw failed(file, `its digest is ${found}, and the hub announced ${file.digest.hex}`);
  }
  await keepPart(part, path);
}

/** Appends what a connection gives, up to one chunk past the announced size. */
async function append(
  { client, commit, file }: DownloadOptions,
  { part, from }: { part: string; from: number },
): Promise<{ bytes: number; cause: unknown }> {
  const reader = (await client.open(commit, { path: file.path, from })).getReader();
  let cause: unknown;
  const next = async () => {
    try {
      return (await reader.read()).value;
    } catch (error) {
      // What came before the connection broke stays.
      cause = error;
      return undefined;
    }
  };
  const bytes = await appendPart(part, next, { most: file.size - from });
  if (cause === undefined) await reader.cancel();
  return { bytes, cause };
}

async function digestOf(path: string, { size, digest }: HubFile): Promise<string> {
  if (digest.algorithm === "sha256") return (await digestFile(path)).sha256;
  const hash = createHash("sha1").update(`blob ${size}\0`);
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

function failed({ path }: HubFile, reason: string, cause?: unknown): Error {
  return new Error(`Cannot download ${path}: ${reason}`, { cause });
}
