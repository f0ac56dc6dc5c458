/**
 * Checks the shards of a split against index.json.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { exists, readAt } from "../../model/durable.ts";
import type { ShardSize } from "./index_file.ts";
import { RECORD_BYTES, shardPaths } from "./shard.ts";

/**
 * Checks that the shards of a split hold what `sizes` says; they may hold more. Reads the last
 * record of each.
 *
 * @throws {Error} naming the file that does not
 */
export async function checkShards(
  { dir, idBytes }: { dir: string; idBytes: 2 | 4 },
  sizes: readonly ShardSize[],
): Promise<void> {
  for (const [number, { documents, tokens }] of sizes.entries()) {
    const paths = shardPaths(dir, number);
    await checkSize(paths.tokens, tokens * idBytes);
    await checkSize(paths.records, documents * RECORD_BYTES);
    const end = documents === 0 ? 0 : await lastEnd(paths.records, documents);
    if (end !== tokens) {
      throw new Error(
        `Cannot open shard ${paths.records}: its ${documents} documents end at token ${end}, and ` +
          `index.json says ${tokens}`,
      );
    }
  }
}

async function checkSize(path: string, size: number): Promise<void> {
  if (!await exists(path)) throw new Error(`Cannot open shard ${path}: it is missing`);
  const { size: found } = await Deno.stat(path);
  if (found >= size) return;
  throw new Error(`Cannot open shard ${path}: it is truncated, ${found} of ${size} bytes`);
}

async function lastEnd(path: string, documents: number): Promise<number> {
  using file = await Deno.open(path);
  const record = Buffer.alloc(RECORD_BYTES);
  await readAt(file, (documents - 1) * RECORD_BYTES, record);
  return record.readUInt32LE(8);
}
