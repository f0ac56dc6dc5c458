/**
 * Adapters in the files of PEFT: adapter_config.json and adapter_model.safetensors.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { exists } from "../durable.ts";
import type { Layout } from "../layout.ts";
import { type AdapterLayout, createAdapterLayout, LORA_TARGETS, type LoraConfig } from "../lora.ts";
import { openSafetensors } from "../safetensors/mod.ts";
import { readJson } from "./small_files.ts";
import { checkTensors, fillArea } from "./tensors.ts";

/** File of an adapter's weights. */
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";
/** File that says what the adapter is. */
export const ADAPTER_CONFIG = "adapter_config.json";

/** What an adapter's folder says of it. */
export interface AdapterInfo {
  /** Rank, alpha and the matrices that it adapts. */
  readonly lora: LoraConfig;
  /** Folder of the model that it was trained on. */
  readonly base: string;
}

const none = z.union([z.null(), z.literal(false), z.array(z.never()), z.object({}).strict()])
  .optional();
/** Ways to adapt that this program does not know; each must be off. */
const OTHER_WAYS = [
  ...["alpha_pattern", "rank_pattern", "modules_to_save", "use_dora", "lora_bias"],
  ...["fan_in_fan_out", "layers_to_transform", "layer_replication", "target_parameters"],
  ...["trainable_token_indices", "alora_invocation_tokens", "use_qalora", "use_bdlora"],
] as const;

const schema = z.object({
  peft_type: z.literal("LORA"),
  r: z.int().positive().max(1 << 16),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.enum(LORA_TARGETS)).min(1),
  bias: z.literal("none").default("none"),
  use_rslora: z.boolean().default(false),
  base_model_name_or_path: z.string().nullish(),
  ...Object.fromEntries(OTHER_WAYS.map((name) => [name, none])),
});

/**
 * Reads a folder's adapter_config.json; undefined where there is none.
 *
 * @throws {SyntaxError} naming the field that this program cannot use
 */
export async function readAdapter(dir: string): Promise<AdapterInfo | undefined> {
  const source = join(dir, ADAPTER_CONFIG);
  const json = await readJson(source);
  if (json === undefined) return undefined;
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SyntaxError(
      `Cannot use the adapter ${source}: ${issue?.path.join(".")}: ${issue?.message}; it must be ` +
        `LoRA of ${LORA_TARGETS.join(", ")}, one rank for all`,
    );
  }
  const { r: rank, lora_alpha, target_modules: targets, use_rslora } = parsed.data;
  const alpha = use_rslora ? lora_alpha * Math.sqrt(rank) : lora_alpha;
  return {
    lora: { rank, alpha, targets },
    base: await findBase(dir, parsed.data.base_model_name_or_path ?? ""),
  };
}

/** The base by its path, from here or from the adapter's folder. */
async function findBase(dir: string, named: string): Promise<string> {
  for (const path of [named, join(dir, named)]) {
    if (named !== "" && await exists(join(path, "config.json"))) return path;
  }
  return named;
}

/** The text of an adapter_config.json, as PEFT reads it. */
export function formatAdapterConfig({ rank, alpha, targets }: LoraConfig, base: string): string {
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    target_modules: targets,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
  };
  return JSON.stringify(config, null, 2) + "\n";
}

/** An adapter and where its tensors are. */
export interface LoadedAdapter {
  /** Rank, alpha and the matrices that it adapts. */
  readonly lora: LoraConfig;
  /** Where each tensor is in `parameters`. */
  readonly layout: AdapterLayout;
  /** `[layout.length]` */
  readonly parameters: Float32Array;
}

/**
 * The adapter in `dir`, for a model of `base`.
 *
 * @throws {TypeError} when a tensor is missing, of another shape, or has no place in the model
 */
export async function loadAdapter(
  dir: string,
  { lora, base }: { lora: LoraConfig; base: Layout },
): Promise<LoadedAdapter> {
  const layout = createAdapterLayout(base, lora);
  const source = join(dir, ADAPTER_WEIGHTS);
  using file = await openSafetensors(source);
  checkTensors(file, { layout, source });
  const known = new Set(layout.parameters.map(({ name }) => name));
  const strange = [...file.tensors.keys()].find((name) => !known.has(name));
  if (strange !== undefined) {
    throw new TypeError(`Cannot load ${source}: tensor ${strange} has no place in this model`);
  }
  const parameters = new Float32Array(layout.length);
  fillArea(parameters, { file, layout });
  return { lora, layout, parameters };
}
