/**
 * A model in a GGUF file: weights, tokenizer and chat template are all in the one file.
 *
 * @module
 */
import { z } from "zod";
import { type ChatTemplate, createChatTemplate } from "../engine/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { configOf, GGUF_SPLITS, type GgufHead, readGgufHead } from "../model/gguf/mod.ts";
import { Tokenizer } from "../tokenizer/mod.ts";

/** What is known of a model before its weights are read. */
export interface GgufModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly chatTemplate: ChatTemplate | undefined;
  /** Every id that ends what it writes. */
  readonly stopIds: ReadonlySet<number>;
}

/** llama.cpp's `llama_token_type`: these stand for themselves. */
const UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5;

/** Texts of tokens that end a turn, which not every file says of them. */
const TURN_ENDS = ["<|im_end|>", "<|eot_id|>", "<|end|>", "<|endoftext|>"];

const id = z.int().nonnegative();
const schema = z.object({
  "tokenizer.ggml.model": z.literal("gpt2", {
    error: 'must be "gpt2": other tokenizers are read of tokenizer.json alone',
  }),
  "tokenizer.ggml.pre": z.string().optional(),
  "tokenizer.ggml.tokens": z.array(z.string()).min(1),
  "tokenizer.ggml.token_type": z.array(z.int()),
  "tokenizer.ggml.merges": z.array(z.string()),
  "tokenizer.ggml.bos_token_id": id.optional(),
  "tokenizer.ggml.eos_token_id": id.optional(),
  "tokenizer.ggml.eot_token_id": id.optional(),
  "tokenizer.ggml.add_bos_token": z.boolean().optional(),
  "tokenizer.chat_template": z.string().optional(),
  "tokenizer.chat_template.tool_use": z.string().optional(),
});

type Fields = z.infer<typeof schema>;

/**
 * Reads the head of a GGUF file.
 *
 * @throws {SyntaxError} when it is damaged, or has a family or tokenizer that this program has not
 */
export async function readGgufModel(path: string): Promise<GgufModel> {
  const head = await readGgufHead(path);
  const fields = fieldsOf(head, path);
  const tokens = fields["tokenizer.ggml.tokens"];
  const stopIds = [
    fields["tokenizer.ggml.eos_token_id"],
    fields["tokenizer.ggml.eot_token_id"],
    ...TURN_ENDS.map((text) => tokens.indexOf(text)).filter((id) => id !== -1),
  ].filter((id) => id !== undefined);
  return {
    config: configOf(head, { source: path, vocabSize: tokens.length }),
    tokenizer: tokenizerOf(fields, path),
    chatTemplate: templateOf(fields, path),
    stopIds: new Set(stopIds),
  };
}

function fieldsOf({ fields }: GgufHead, path: string): Fields {
  const parsed = schema.safeParse(Object.fromEntries(fields));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SyntaxError(`Cannot use ${path}: ${issue?.path.join(".")} ${issue?.message}`);
}

function tokenizerOf(fields: Fields, path: string): Tokenizer {
  const pre = fields["tokenizer.ggml.pre"] ?? "gpt-2";
  const known = GGUF_SPLITS.get(pre);
  if (!known) {
    throw new SyntaxError(
      `Cannot use ${path}: tokenizer.ggml.pre ${JSON.stringify(pre)} is not one of ` +
        [...GGUF_SPLITS.keys()].join(", "),
    );
  }
  const types = fields["tokenizer.ggml.token_type"];
  const tokens = [...fields["tokenizer.ggml.tokens"].entries()]
    .filter(([id]) => types[id] !== UNUSED);
  const standAlone: readonly unknown[] = [UNKNOWN, CONTROL, USER_DEFINED];
  const { split, ignoreMerges } = known;
  const bos = fields["tokenizer.ggml.bos_token_id"];
  // As llama.cpp has it where a file does not say.
  const addsBos = fields["tokenizer.ggml.add_bos_token"] ?? (split === "gpt4" && ignoreMerges);
  return new Tokenizer({
    vocab: new Map(tokens.map(([id, text]) => [text, id])),
    merges: fields["tokenizer.ggml.merges"].map((pair) => {
      const at = pair.indexOf(" ", 1);
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
    specials: tokens.filter(([id]) => standAlone.includes(types[id]))
      .map(([id, content]) => ({ id, content })),
    split,
    ignoreMerges,
    // Qwen's texts are normalized, though llama.cpp does without.
    ...(split === "qwen2" && { nfc: true }),
    ...(addsBos && bos !== undefined && { prefix: [bos] }),
  });
}

function templateOf(fields: Fields, path: string): ChatTemplate | undefined {
  const source = fields["tokenizer.chat_template"];
  if (source === undefined) return undefined;
  const tokens = fields["tokenizer.ggml.tokens"];
  const named = (name: "bos" | "eos") => {
    const id = fields[`tokenizer.ggml.${name}_token_id`];
    const text = id === undefined ? undefined : tokens[id];
    return text === undefined ? {} : { [`${name}_token`]: text };
  };
  const texts = { ...named("bos"), ...named("eos") };
  const template = createChatTemplate(source, { name: `of ${path}`, tokens: texts });
  const toolUse = fields["tokenizer.chat_template.tool_use"];
  if (toolUse === undefined) return template;
  const name = `tool_use of ${path}`;
  return { ...template, forTools: createChatTemplate(toolUse, { name, tokens: texts }) };
}
