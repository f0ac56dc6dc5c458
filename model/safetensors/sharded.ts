/**
 * Opens the weights of a Hugging Face folder, in one file or in shards with an index.
 *
 * @module
 */
import { basename, join } from "node:path";
import { z } from "zod";
import { exists, readBounded } from "../durable.ts";
import type { TensorInfo } from "./header.ts";
import { openSafetensors, type SafetensorsFile } from "./read.ts";

const MAX_INDEX_BYTES = 16 * 2 ** 20;
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens `model.safetensors` in `dir`, or the shards that `model.safetensors.index.json` names.
 *
 * @throws {SyntaxError} when a file is damaged, index and shards disagree, or a shard lies outside
 * of `dir`
 * @throws {RangeError} when the index is too large to be one
 * @throws {Deno.errors.NotFound} when there is neither file
 */
export async function openWeights(dir: string): Promise<SafetensorsFile> {
  const single = join(dir, "model.safetensors");
  if (await exists(single)) return await openSafetensors(single);
  const indexPath = join(dir, "model.safetensors.index.json");
  if (!await exists(indexPath)) {
    throw new Deno.errors.NotFound(
      `Cannot open weights in ${dir}: it has no model.safetensors and no model.safetensors.index.json`,
    );
  }
  return await openShards(dir, { indexPath, weightMap: await readIndex(indexPath) });
}

async function readIndex(path: string): Promise<Map<string, string>> {
  const text = await readBounded(path, { maxBytes: MAX_INDEX_BYTES });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${path}: it is not JSON`, { cause });
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success) {
    throw new SyntaxError(`Cannot read ${path}: weight_map is not a map from tensor to file`);
  }
  return new Map(Object.entries(parsed.data.weight_map));
}

async function openShards(
  dir: string,
  { indexPath, weightMap }: { indexPath: string; weightMap: ReadonlyMap<string, string> },
): Promise<SafetensorsFile> {
  using opened = new DisposableStack();
  const shards = new Map<string, SafetensorsFile>();
  const tensors = new Map<string, TensorInfo>();
  const owner = new Map<string, SafetensorsFile>();
  for (const [name, fileName] of weightMap) {
    let shard = shards.get(fileName);
    if (!shard) {
      shard = opened.use(await openSafetensors(await containedPath(dir, { fileName, indexPath })));
      shards.set(fileName, shard);
    }
    const info = shard.tensors.get(name);
    if (!info) {
      throw new SyntaxError(`Cannot read ${indexPath}: ${fileName} has no tensor ${name}`);
    }
    tensors.set(name, info);
    owner.set(name, shard);
  }
  const files = opened.move();
  return {
    tensors,
    metadata: new Map(),
    readInto(name, target) {
      const shard = owner.get(name);
      if (!shard) throw new RangeError(`Cannot read tensor ${name}: ${indexPath} has none`);
      shard.readInto(name, target);
    },
    [Symbol.dispose]: () => files.dispose(),
  };
}

/** The shard's real path; an untrusted index must not open files outside its folder. */
async function containedPath(
  dir: string,
  { fileName, indexPath }: { fileName: string; indexPath: string },
): Promise<string> {
  const path = join(dir, fileName);
  if (basename(path) !== fileName || !fileName.endsWith(".safetensors")) {
    throw new SyntaxError(
      `Cannot read ${indexPath}: ${JSON.stringify(fileName)} is not the name of a safetensors file`,
    );
  }
  const [real, realDir] = await Promise.all([Deno.realPath(path), Deno.realPath(dir)]);
  if (real !== join(realDir, fileName)) {
    throw new SyntaxError(
      `Cannot read ${path}: it is a link to ${real}; copy the file into the folder`,
    );
  }
  return real;
}
