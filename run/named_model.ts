/**
 * Models in folders that the user names by a flag.
 *
 * @module
 */
import { join } from "node:path";
import { readModelConfig } from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { UsageError } from "../cli/flags.ts";

/**
 * The configuration of the model in a folder that the user named by `flag`.
 *
 * @throws {UsageError} when the folder or its config.json is missing
 */
export async function readNamedConfig(
  folder: string,
  { flag }: { flag: string },
): Promise<ModelConfig> {
  for (const path of [folder, join(folder, "config.json")]) {
    if (await exists(path)) continue;
    const reason = path === folder ? "there is no such folder" : "it has no config.json";
    throw new UsageError(`Cannot open ${flag} ${folder}: ${reason}`);
  }
  return await readModelConfig(folder);
}

/**
 * Checks that a new run can begin with the model in `folder`.
 *
 * @throws {UsageError} when it lacks its configuration or tokenizer
 */
export async function checkInit(folder: string): Promise<void> {
  await readNamedConfig(folder, { flag: "--init" });
  if (!await exists(join(folder, "tokenizer.json"))) {
    throw new UsageError(`Cannot open --init ${folder}: it has no tokenizer.json`);
  }
}
