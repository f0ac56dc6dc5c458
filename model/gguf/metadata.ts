/**
 * The key-value pairs of a GGUF file: the configuration and the tokenizer.
 *
 * @module
 */
import { z } from "zod";
import { architectureOf, noRopeLayers } from "../architectures.ts";
import type { ModelConfig } from "../config.ts";
import type { GgufType } from "./blocks.ts";

/** A value with the type that the file gives it. */
export type GgufValue =
  | { readonly type: "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s"; readonly value: readonly number[] };

/** Whose way to split text into words the tokenizer has. */
export type GgufSplit = keyof typeof PRE_TOKENIZER;

/**
 * llama.cpp's names (src/llama-vocab.cpp) of each split. A name says also whether a word that is in
 * the vocabulary as a whole is taken without merges: `dbrx` and `llama-bpe` have one expression.
 */
const PRE_TOKENIZER = {
  gpt2: { merging: "gpt-2", whole: undefined },
  gpt4: { merging: "dbrx", whole: "llama-bpe" },
  smollm: { merging: "smollm", whole: undefined },
  qwen2: { merging: "qwen2", whole: undefined },
  o200k: { merging: "gpt-4o", whole: undefined },
  tekken: { merging: undefined, whole: "tekken" },
  deepseek: { merging: "deepseek-v3", whole: undefined },
} as const;

/** The split and whether whole words come first, by llama.cpp's name; others that are as these. */
export const GGUF_SPLITS: ReadonlyMap<string, { split: GgufSplit; ignoreMerges: boolean }> =
  new Map([
    ...Object.entries(PRE_TOKENIZER).flatMap(([split, { merging, whole }]) =>
      [[merging, false], [whole, true]].flatMap(([name, ignoreMerges]) =>
        typeof name === "string"
          ? [[name, { split: split as GgufSplit, ignoreMerges: ignoreMerges === true }] as const]
          : []
      )
    ),
    ["llama3", { split: "gpt4", ignoreMerges: true }],
    ["llama-v3", { split: "gpt4", ignoreMerges: true }],
  ]);

/** llama.cpp's `llama_ftype`. */
const FILE_TYPE: Readonly<Record<GgufType, number>> = { f32: 0, f16: 1, q8_0: 7 };
/** llama.cpp's `llama_token_type`. */
const NORMAL = 1, CONTROL = 3, UNUSED = 5;

const tokenizerSchema = z.object({
  pre_tokenizer: z.object({ add_prefix_space: z.boolean().optional() }).nullish(),
  added_tokens: z.array(z.object({ id: z.int().nonnegative(), content: z.string() })).default([]),
  model: z.object({
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    ignore_merges: z.boolean().default(false),
  }),
});

/**
 * The pairs of a model, in the order in which they are written.
 *
 * @param config the model's configuration
 * @throws {SyntaxError} when `tokenizerJson` is not the tokenizer.json of a BPE tokenizer
 * @throws {Error} when llama.cpp knows no tokenizer that splits, merges and begins as this one does
 */
export function ggufMetadata(
  config: ModelConfig,
  { type, name, tokenizerJson, split, chatTemplate, namedTemplates = {}, prefix = [] }: {
    type: GgufType;
    name: string;
    tokenizerJson: string;
    split: GgufSplit;
    chatTemplate?: string | undefined;
    namedTemplates?: Readonly<Record<string, string>>;
    prefix?: readonly number[] | undefined;
  },
): Map<string, GgufValue> {
  const pairs = new Map<string, GgufValue>();
  const text = (key: string, value: string) => pairs.set(key, { type: "string", value });
  const count = (key: string, value: number) => pairs.set(key, { type: "uint32", value });
  const real = (key: string, value: number) => pairs.set(key, { type: "float32", value });
  checkRuns(config);
  const { name: family } = architectureOf(config).gguf;
  text("general.architecture", family);
  text("general.name", name);
  count("general.file_type", FILE_TYPE[type]);
  count("general.quantization_version", 2);
  count(`${family}.vocab_size`, config.vocab_size);
  count(`${family}.context_length`, config.max_position_embeddings);
  count(`${family}.embedding_length`, config.hidden_size);
  count(`${family}.feed_forward_length`, config.intermediate_size);
  count(`${family}.block_count`, config.num_hidden_layers);
  count(`${family}.attention.head_count`, config.num_attention_heads);
  count(`${family}.attention.head_count_kv`, config.num_key_value_heads);
  count(`${family}.attention.key_length`, config.head_dim);
  count(`${family}.attention.value_length`, config.head_dim);
  real(`${family}.attention.layer_norm_rms_epsilon`, config.rms_norm_eps);
  count(`${family}.rope.dimension_count`, config.head_dim);
  real(`${family}.rope.freq_base`, config.rope_theta);
  if (config.rope_scaling?.rope_type === "linear") {
    text(`${family}.rope.scaling.type`, "linear");
    real(`${family}.rope.scaling.factor`, config.rope_scaling.factor);
  }
  const { tokens, types, merges, ignoreMerges, padId } = readTokenizer(tokenizerJson, config);
  const { merging, whole } = PRE_TOKENIZER[split];
  const pre = ignoreMerges ? whole : merging;
  if (pre === undefined) {
    throw new Error(
      `Cannot export tokenizer.json to GGUF: llama.cpp has no tokenizer with the split of ${split} ` +
        `and ignore_merges ${ignoreMerges}; export the model as onnx or safetensors`,
    );
  }
  text("tokenizer.ggml.model", "gpt2");
  text("tokenizer.ggml.pre", pre);
  pairs.set("tokenizer.ggml.tokens", { type: "strings", value: tokens });
  pairs.set("tokenizer.ggml.token_type", { type: "int32s", value: types });
  pairs.set("tokenizer.ggml.merges", { type: "strings", value: merges });
  if (prefix.length > 1) {
    throw new Error(
      "Cannot export tokenizer.json to GGUF: its post_processor puts several tokens before a text " +
        "and llama.cpp one at most; export the model as onnx or safetensors",
    );
  }
  const { eos_token_id } = config;
  const [bosId = config.bos_token_id] = prefix;
  if (bosId !== null) count("tokenizer.ggml.bos_token_id", bosId);
  if (eos_token_id !== null) count("tokenizer.ggml.eos_token_id", eos_token_id);
  if (padId !== undefined) count("tokenizer.ggml.padding_token_id", padId);
  pairs.set("tokenizer.ggml.add_bos_token", { type: "bool", value: prefix.length > 0 });
  if (chatTemplate !== undefined) text("tokenizer.chat_template", chatTemplate);
  // Names as gguf-py's add_chat_template writes them.
  const named = Object.entries(namedTemplates).map(([name, template]) =>
    [name.replace(/[^A-Za-z0-9]/g, "_"), template] as const
  );
  for (const [name, template] of named) text(`tokenizer.chat_template.${name}`, template);
  if (named.length > 0) {
    const names = named.map(([name]) => name);
    pairs.set("tokenizer.chat_templates", { type: "strings", value: names });
  }
  return pairs;
}

/** Refuses what llama.cpp's form of a family does not have. */
function checkRuns(config: ModelConfig): void {
  const { no_rope_layers, num_hidden_layers: layers, model_type, attention_bias } = config;
  const usual = noRopeLayers({ interval: architectureOf(config).noRopeInterval, layers });
  if (no_rope_layers?.join() !== usual?.join()) {
    throw new Error(
      "Cannot export this model to GGUF: llama.cpp fixes which layers have no rotary positions, and " +
        "no_rope_layers names others; export the model as onnx or safetensors",
    );
  }
  if (model_type === "qwen3" && attention_bias) {
    throw new Error(
      "Cannot export this model to GGUF: llama.cpp's qwen3 has no attention_bias; export the model as " +
        "onnx or safetensors",
    );
  }
}

/** Vocabulary and merges as llama.cpp lists them: a text and a type for each id. */
function readTokenizer(tokenizerJson: string, { vocab_size: V }: ModelConfig) {
  let json: unknown;
  try {
    json = JSON.parse(tokenizerJson);
  } catch (cause) {
    throw new SyntaxError("Cannot export tokenizer.json to GGUF: it is not JSON", { cause });
  }
  const parsed = tokenizerSchema.safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".");
    throw new SyntaxError(`Cannot export tokenizer.json to GGUF: ${field} is not that of BPE`);
  }
  const { model, added_tokens, pre_tokenizer } = parsed.data;
  if (pre_tokenizer?.add_prefix_space) {
    throw new Error(
      "Cannot export tokenizer.json to GGUF: its pre_tokenizer puts a space before a text, and " +
        "llama.cpp's does not; export the model as onnx or safetensors",
    );
  }
  // llama.cpp refuses an empty text; these ids come up in no text.
  const tokens = Array.from({ length: V }, (_, id) => `[unused${id}]`);
  const types = tokens.map(() => UNUSED);
  const set = (id: number, content: string, type: number) => {
    if (id >= V) {
      throw new SyntaxError(
        `Cannot export tokenizer.json to GGUF: its id ${id} is not below the model's ${V}`,
      );
    }
    tokens[id] = content;
    types[id] = type;
  };
  for (const [content, id] of Object.entries(model.vocab)) set(id, content, NORMAL);
  for (const { id, content } of added_tokens) set(id, content, CONTROL);
  return {
    tokens,
    types,
    merges: model.merges.map((pair) => typeof pair === "string" ? pair : pair.join(" ")),
    ignoreMerges: model.ignore_merges,
    padId: added_tokens.find(({ content }) => /^<\|?pad\|?>$/.test(content))?.id,
  };
}
