/**
 * Adapters to serve beside a model, each under a name of its own.
 *
 * @module
 */
import { basename, join } from "node:path";
import { type ChatTemplate, type EngineAdapter, readChatTemplate } from "../engine/mod.ts";
import { checkBase, loadAdapter, readAdapter, readStopIds } from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { createLayout } from "../model/layout.ts";
import { readTokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { initFolder } from "./choose_checkpoint.ts";

/** How an adapter answers. */
export interface ServedAdapter {
  /** How it writes conversations down, where it says so. */
  readonly chatTemplate: ChatTemplate | undefined;
  readonly stopIds: ReadonlySet<number>;
}

/** Adapters by name, for the engine and for the server. */
export interface OpenAdapters {
  readonly engine: readonly EngineAdapter[];
  readonly served: ReadonlyMap<string, ServedAdapter>;
}

/** What adapters are opened for. */
export interface AdapterBase {
  readonly config: ModelConfig;
  readonly vocabSize: number;
  /** Name of the model, which no adapter can have. */
  readonly name: string;
  /** Where its weights are; what an adapter was trained on is compared with them. */
  readonly folder?: string;
}

/**
 * Opens adapters given as `DIR`, a run or a folder, which names them, or as `NAME=DIR`.
 *
 * @throws {UsageError} when a folder holds none, two have one name, or one is of another vocabulary
 */
export async function openAdapters(
  given: readonly string[],
  { config, vocabSize, name: model, folder: weights }: AdapterBase,
): Promise<OpenAdapters> {
  const base = createLayout(config);
  const engine: EngineAdapter[] = [];
  const served = new Map<string, ServedAdapter>();
  for (const text of given) {
    const [, named, dir = text] = /^([^=/]+)=(.+)$/.exec(text) ?? [];
    const name = named ?? basename(dir);
    if (served.has(name) || name === model) {
      throw new UsageError(`Cannot use --adapter ${text}: ${name} is taken; write NAME=DIR`);
    }
    const folder = await initFolder(dir);
    const found = await readAdapter(folder);
    if (!found) {
      throw new UsageError(`Cannot use --adapter ${text}: ${folder} has no adapter_config.json`);
    }
    const tokenizerPath = join(folder, "tokenizer.json");
    if (await exists(tokenizerPath)) {
      const { tokenizer } = await readTokenizer(tokenizerPath);
      if (tokenizer.vocabSize !== vocabSize) {
        throw new UsageError(
          `Cannot use --adapter ${text}: its tokenizer has ${tokenizer.vocabSize} entries and the ` +
            `model's ${vocabSize}`,
        );
      }
    }
    if (weights !== undefined) await checkBase(folder, weights);
    const { lora } = found;
    const { parameters } = await loadAdapter(folder, { lora, base });
    engine.push({ name, lora, parameters });
    served.set(name, {
      chatTemplate: await readChatTemplate(folder),
      stopIds: await readStopIds(folder),
    });
  }
  return { engine, served };
}
