/**
 * Finds a model's chat template where Hugging Face's tokenizers keep it.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { type ChatTemplate, ChatTemplateError, createChatTemplate } from "./template.ts";

const token = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const named = z.object({ name: z.string(), template: z.string() });

const schema = z.object({
  chat_template: z.union([z.string(), z.array(named)]).nullish(),
  bos_token: token,
  eos_token: token,
  pad_token: token,
  unk_token: token,
});

/** Longest file read. */
const MAX_FILE_BYTES = 16 << 20;

/**
 * The chat template of the model in `folder`: `chat_template` of its tokenizer_config.json, of
 * several the one named `default`, or its chat_template.jinja; nothing where it has none.
 *
 * @throws {ChatTemplateError} when a file or the template in it cannot be read
 */
export async function readChatTemplate(folder: string): Promise<ChatTemplate | undefined> {
  const found = await readTemplateSource(folder);
  if (found === undefined) return undefined;
  const { source, file, tokens } = found;
  return createChatTemplate(source, { name: `of ${file}`, tokens });
}

/**
 * The text of that template, the file it stands in, and the tokens that it may name.
 *
 * @throws {ChatTemplateError} when a file cannot be read, or it is unclear which template to take
 */
export async function readTemplateSource(
  folder: string,
): Promise<{ source: string; file: string; tokens: Record<string, string> } | undefined> {
  const config = await readText(join(folder, "tokenizer_config.json"));
  const parsed = config === undefined ? {} : parseConfig(config, folder);
  const { chat_template } = parsed;
  const inConfig = typeof chat_template === "string"
    ? chat_template
    : chat_template
    ? namedDefault(chat_template, folder)
    : undefined;
  const inFile = await readText(join(folder, "chat_template.jinja"));
  const source = inFile ?? inConfig;
  if (source === undefined) return undefined;
  const file = inFile === undefined ? "tokenizer_config.json" : "chat_template.jinja";
  return { source, file, tokens: tokensOf(parsed) };
}

/** Of several templates the one named `default`, or the only one. */
function namedDefault(templates: readonly z.infer<typeof named>[], folder: string): string {
  const chosen = templates.find(({ name }) => name === "default") ??
    (templates.length === 1 ? templates[0] : undefined);
  if (chosen !== undefined) return chosen.template;
  const names = templates.map(({ name }) => name).join(", ") || "none";
  throw new ChatTemplateError(
    `Cannot read the chat template in ${join(folder, "tokenizer_config.json")}: of its templates ` +
      `(${names}) none is named default; name the one to use so`,
  );
}

function parseConfig(text: string, folder: string): z.infer<typeof schema> {
  const what = `Cannot read the chat template in ${join(folder, "tokenizer_config.json")}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ChatTemplateError(`${what}: it is not JSON`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".");
  throw new ChatTemplateError(`${what}: ${field} is not what it should be`);
}

function tokensOf({ chat_template: _, ...tokens }: z.infer<typeof schema>) {
  return Object.fromEntries(
    Object.entries(tokens).flatMap(([name, value]) => {
      const text = typeof value === "string" ? value : value?.content;
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new ChatTemplateError(`Cannot read ${path}: it has more than ${MAX_FILE_BYTES} bytes`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
