/**
 * The model that tuning starts from, with its chat template. Special tokens that the template needs and
 * the tokenizer lacks are added to both, in a folder of the run's own.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import {
  type Companions,
  initFromFolder,
  readCompanions,
  readModelConfig,
} from "../../model/checkpoint/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { formatConfig } from "../../model/config_json.ts";
import { exists, replaceFile } from "../../model/durable.ts";
import { createLayout, type Layout } from "../../model/layout.ts";
import { writeSafetensors } from "../../model/safetensors/mod.ts";
import {
  formatSpecial,
  parseTokenizer,
  readTokenizer,
  type Tokenizer,
} from "../../tokenizer/mod.ts";
import { UsageError } from "../../cli/flags.ts";
import { reasonOf } from "../../cli/failure.ts";
import {
  BUILTIN_TEMPLATES,
  createExampleEncoder,
  readTemplateSource,
  readTemplateTokens,
} from "../../engine/mod.ts";

/** Where tuning starts. */
export interface TuneStart {
  /** The folder of the weights: that of `--init`, or the one with more tokens. */
  readonly folder: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly tokenizerJson: string;
  readonly template: Parameters<typeof createExampleEncoder>[1];
  /** Saved with every checkpoint. */
  readonly companions: Companions;
}

/** Options of {@linkcode openStart}. */
export interface StartOptions {
  /** Folder with weights, config.json and tokenizer.json. */
  readonly init: string;
  /** A name in `BUILTIN_TEMPLATES`, a file, or undefined for the model's own. */
  readonly chatTemplate: string | undefined;
  /** The run folder, for a model with more tokens. */
  readonly root: string;
  /** Whether tokens can be added: their weights must be among those that are trained. */
  readonly canGrow: boolean;
}

/** Reads the model, and makes one with more tokens where the template needs them. */
export async function openStart(options: StartOptions): Promise<TuneStart> {
  const { init, root, canGrow } = options;
  const { source, name, specials } = await chooseTemplate(options);
  const original = await readTokenizer(join(init, "tokenizer.json"));
  const missing = specials.filter((text) => original.tokenizer.tokenToId(text) === undefined);
  if (missing.length > 0 && !canGrow) {
    throw new UsageError(
      `Cannot use --chat-template ${name} with --lora: the tokenizer of ${init} has no ` +
        `${missing.join(" or ")}, and weights of new tokens are no adapters; use --chat-template ` +
        "plain, or leave out --lora",
    );
  }
  const grown = join(root, "start");
  const hasGrown = await exists(join(grown, "config.json"));
  if (missing.length === 0 && hasGrown) {
    throw new UsageError(
      `Cannot continue --run ${root} with --chat-template ${name}: it began with one whose special ` +
        "tokens were added; give that again",
    );
  }
  const folder = missing.length > 0 ? grown : init;
  if (missing.length > 0 && !hasGrown) {
    await growVocabulary(init, { folder, json: addSpecials(original.json, missing) });
  }
  const { tokenizer, json: tokenizerJson } = await readTokenizer(join(folder, "tokenizer.json"));
  const decoded = (id: number | null) => id === null ? "" : tokenizer.idToToken(id) ?? "";
  const config = await readModelConfig(folder);
  const tokens = {
    bos_token: decoded(config.bos_token_id),
    eos_token: decoded(tokenizer.endOfTextId),
    ...await readTemplateTokens(init),
  };
  const template = { source, name, tokens };
  const { stopIds } = await readCompanions(init);
  const end = await endOfTurn(tokenizer, template);
  return {
    folder,
    config,
    tokenizer,
    tokenizerJson,
    template,
    companions: {
      templateFiles: { "chat_template.jinja": source },
      stopIds: [...new Set([...stopIds, ...end === undefined ? [] : [end]])],
    },
  };
}

/** A digest of a template, by which a resumed run knows that it is the same. */
export function templateDigest({ template: { source } }: Pick<TuneStart, "template">): string {
  return createHash("sha256").update(source).digest("hex");
}

interface Chosen {
  readonly source: string;
  readonly name: string;
  readonly specials: readonly string[];
}

async function chooseTemplate({ init, chatTemplate }: StartOptions): Promise<Chosen> {
  if (chatTemplate === undefined) {
    const own = await readTemplateSource(init);
    if (own) return { source: own.source, name: `of ${own.file}`, specials: [] };
  }
  const name = chatTemplate ?? "plain";
  const builtin = BUILTIN_TEMPLATES[name];
  if (builtin) return { name, ...builtin };
  try {
    return { source: await Deno.readTextFile(name), name: basename(name), specials: [] };
  } catch (cause) {
    const known = Object.keys(BUILTIN_TEMPLATES).join(", ");
    throw new UsageError(
      `Cannot use --chat-template ${name}: it is none of ${known}, and as a file: ${
        reasonOf(cause)
      }`,
      { cause },
    );
  }
}

/** The special token that ends an answer, if one does. */
async function endOfTurn(
  tokenizer: Tokenizer,
  template: TuneStart["template"],
): Promise<number | undefined> {
  const messages = [{ role: "user", content: "a" }, { role: "assistant", content: "b" }];
  const { ids, mask } = await createExampleEncoder(tokenizer, template)(messages);
  return [...ids].findLast((id, at) => mask[at] === 1 && tokenizer.isSpecial(id));
}

/** A tokenizer.json with more special tokens, their ids after all others. */
export function addSpecials(json: string, texts: readonly string[]): string {
  const { vocabSize } = parseTokenizer(json, { source: "tokenizer.json" });
  const root = JSON.parse(json);
  const added = texts.map((content, at) => formatSpecial({ id: vocabSize + at, content }));
  return JSON.stringify({ ...root, added_tokens: [...root.added_tokens ?? [], ...added] }, null, 2);
}

/** Writes the model of `init` with the tokens of `json`, their weights the mean of all others. */
async function growVocabulary(
  init: string,
  { folder, json }: { folder: string; json: string },
): Promise<void> {
  const config = await readModelConfig(init);
  const { vocabSize: entries } = parseTokenizer(json, { source: "tokenizer.json" });
  // Some models have more rows than their tokenizer has entries.
  const vocabSize = Math.max(config.vocab_size, entries);
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await initFromFolder(init, { layout, parameters });
  await Deno.mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, "model.safetensors"), {
    tensors: grownTensors(parameters, { layout, vocabSize }),
  });
  await replaceFile(join(folder, "tokenizer.json"), json);
  // Last: it says that the folder is whole.
  const grown = { ...config, vocab_size: vocabSize };
  await replaceFile(join(folder, "config.json"), formatConfig(grown));
}

function* grownTensors(
  parameters: Float32Array,
  { layout, vocabSize }: { layout: Layout; vocabSize: number },
) {
  for (const { name, shape, offset, size } of layout.parameters) {
    const data = parameters.subarray(offset, offset + size);
    const [rows, cols] = shape;
    const byToken = name === "model.embed_tokens.weight" || name === "lm_head.weight";
    if (!byToken || rows === undefined || cols === undefined) {
      yield { name, shape, data };
      continue;
    }
    const grown = new Float32Array(vocabSize * cols);
    grown.set(data);
    const mean = new Float64Array(cols);
    data.forEach((value, at) => mean[at % cols] = (mean[at % cols] as number) + value / rows);
    for (let row = rows; row < vocabSize; row++) grown.set(mean, row * cols);
    yield { name, shape: [vocabSize, cols], data: grown };
  }
}
