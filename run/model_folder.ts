/**
 * The models in a folder: runs, folders of models and GGUF files, each by its name.
 *
 * @module
 */
import { join } from "node:path";
import { exists } from "../model/durable.ts";
import { readAdapter, readModelConfig } from "../model/checkpoint/mod.ts";
import { wasmEngineBytes } from "../engine/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { initFolder } from "./choose_checkpoint.ts";
import { readGgufModel } from "./gguf_model.ts";
import { runPaths } from "./folder.ts";
import { locateModel, type ModelPlace } from "./locate_model.ts";
import { type EngineSettings, type OpenModel, openModel } from "./model_source.ts";

/** A model that can be opened. */
export interface FoundModel {
  /** The name of its folder or file, without `.gguf`. */
  readonly name: string;
  /** Names of its adapters, `MODEL@ADAPTER`: the folders in `MODEL.adapters` beside it. */
  readonly adapters: readonly string[];
  open(): Promise<OpenModel>;
  /** Memory that it takes once it is open. */
  bytes(): Promise<number>;
}

/**
 * The models in `folder` as of now, by name; what is none of them is passed over.
 *
 * @throws {UsageError} when there is no such folder
 */
export async function findModels(
  folder: string,
  settings: EngineSettings,
): Promise<FoundModel[]> {
  if (!await exists(folder)) {
    throw new UsageError(`Cannot open --models ${folder}: there is no such folder`);
  }
  const found: FoundModel[] = [];
  for await (const { name: file } of Deno.readDir(folder)) {
    const path = join(folder, file);
    // A link to nothing is nothing.
    if (!await exists(path)) continue;
    const { isFile } = await Deno.stat(path);
    const place = isFile ? fileAt(path) : await placeOf(path);
    if (!place) continue;
    const name = file.replace(/\.gguf$/, "");
    const adapters = await adaptersOf(join(folder, `${name}.adapters`), name);
    const given = Array.from(adapters, ([adapter, dir]) => `${adapter}=${dir}`);
    found.push({
      name,
      adapters: [...adapters.keys()],
      open: async () => ({
        ...await openModel({ ...settings, ...place }, { adapters: given }),
        name,
      }),
      bytes: () => bytesOf(place, { settings, adapters: [...adapters.values()] }),
    });
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** What the flags would say of the model in a folder; nothing where there is none. */
async function placeOf(folder: string): Promise<ModelPlace | undefined> {
  const isThere = (name: string) => exists(join(folder, name));
  const { settings, checkpoints, export: exported } = runPaths(folder);
  if (await exists(settings)) {
    const hasModel = await exists(join(checkpoints, "latest")) || await exists(exported);
    return hasModel ? { run: folder } : undefined;
  }
  const isModel = await isThere("config.json") && await isThere("tokenizer.json");
  return isModel ? { run: "", model: folder } : undefined;
}

/** The folders of a model's adapters, by name. */
async function adaptersOf(folder: string, model: string): Promise<ReadonlyMap<string, string>> {
  if (!await exists(folder)) return new Map();
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.filter(({ isFile }) => !isFile).map(({ name }) => name).sort();
  return new Map(names.map((name) => [`${model}@${name}`, join(folder, name)]));
}

function fileAt(path: string): ModelPlace | undefined {
  return path.endsWith(".gguf") ? { run: "", model: path } : undefined;
}

async function bytesOf(
  place: ModelPlace,
  { settings, adapters }: { settings: EngineSettings; adapters: readonly string[] },
): Promise<number> {
  const { folder, onnxFile, ggufFile } = await locateModel(place);
  const { threads: workers, weights, kv, "cache-mib": cacheMib } = settings;
  const cacheBytes = cacheMib === undefined ? undefined : cacheMib * 2 ** 20;
  if (onnxFile !== undefined) {
    const { size } = await Deno.stat(onnxFile);
    return size + (cacheBytes ?? 512 << 20);
  }
  const loras = await Promise.all(
    adapters.map(async (dir) => (await readAdapter(await initFolder(dir)))?.lora),
  );
  return wasmEngineBytes({
    adapters: loras.filter((lora) => lora !== undefined),
    config: ggufFile === undefined
      ? await readModelConfig(folder)
      : (await readGgufModel(ggufFile)).config,
    ...workers && { workers },
    ...cacheBytes && { cacheBytes },
    ...weights && { weights },
    ...kv && { kv },
  });
}
