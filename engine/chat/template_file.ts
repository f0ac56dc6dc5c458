/**
 * Finds a model's chat template where Hugging Face's tokenizers keep it.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { readJson, readTemplateFiles, TEMPLATE_PATH } from "../../model/checkpoint/mod.ts";
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

/** A chat template of a model, of which there may be several by their names. */
export interface NamedTemplate {
  /** `default` for the one that is used. */
  readonly name: string;
  /** Its text, in Jinja. */
  readonly template: string;
  /** The file it stands in. */
  readonly file: string;
}

/** A template as it stands in a file, and the tokens that it may name. */
export interface TemplateSource {
  /** The template, in Jinja. */
  readonly source: string;
  /** The file it stands in, by its path in the model's folder. */
  readonly file: string;
  /** Their texts by name, such as `bos_token`. */
  readonly tokens: Record<string, string>;
  /** The others, of which `tool_use` is for requests with tools. */
  readonly others: readonly NamedTemplate[];
}

/**
 * The chat template of the model in `folder`, of several the one named `default`; nothing where it
 * has none.
 *
 * @throws {ChatTemplateError} when a file or the template in it cannot be read
 */
export async function readChatTemplate(folder: string): Promise<ChatTemplate | undefined> {
  const found = await readTemplateSource(folder);
  if (found === undefined) return undefined;
  const { source, file, tokens, others } = found;
  const template = createChatTemplate(source, { name: `of ${file}`, tokens });
  const toolUse = others.find(({ name }) => name === "tool_use");
  if (toolUse === undefined) return template;
  const name = `tool_use of ${toolUse.file}`;
  return { ...template, forTools: createChatTemplate(toolUse.template, { name, tokens }) };
}

/**
 * The text of that template: in chat_template.jinja or in `additional_chat_templates/NAME.jinja`,
 * and where there is no such file in `chat_template` of tokenizer_config.json, as transformers has
 * it.
 *
 * @throws {ChatTemplateError} when a file cannot be read, or it is unclear which template to take
 */
export async function readTemplateSource(folder: string): Promise<TemplateSource | undefined> {
  const configFile = "tokenizer_config.json";
  const { chat_template: inConfig, ...tokens } = await readConfig(join(folder, configFile));
  const inFiles = Object.entries(await readTemplateFiles(folder)).map(([file, template]) => ({
    name: TEMPLATE_PATH.exec(file)?.[1] ?? "default",
    template,
    file,
  }));
  const listed = typeof inConfig === "string"
    ? [{ name: "default", template: inConfig }]
    : inConfig ?? [];
  const templates = inFiles.length > 0
    ? inFiles
    : listed.map((template) => ({ ...template, file: configFile }));
  if (templates.length === 0 && !Array.isArray(inConfig)) return undefined;
  const chosen = chooseDefault(templates, folder);
  const others = templates.filter((template) => template !== chosen);
  return { source: chosen.template, file: chosen.file, tokens: textsOf(tokens), others };
}

/** Texts of the tokens that a template of the model in `folder` may name, such as `bos_token`. */
export async function readTemplateTokens(folder: string): Promise<Record<string, string>> {
  const { chat_template: _, ...tokens } = await readConfig(join(folder, "tokenizer_config.json"));
  return textsOf(tokens);
}

/** Of several templates the one named `default`, or the only one. */
function chooseDefault(templates: readonly NamedTemplate[], folder: string): NamedTemplate {
  const chosen = templates.find(({ name }) => name === "default") ??
    (templates.length === 1 ? templates[0] : undefined);
  if (chosen !== undefined) return chosen;
  const names = templates.map(({ name }) => name).join(", ") || "none";
  throw new ChatTemplateError(
    `Cannot read the chat template of ${folder}: of its templates (${names}) none is named ` +
      "default; name the one to use so",
  );
}

/** What tokenizer_config.json says of templates. */
async function readConfig(path: string): Promise<z.infer<typeof schema>> {
  const parsed = schema.safeParse(await readJson(path) ?? {});
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".");
  throw new ChatTemplateError(
    `Cannot read the chat template in ${path}: ${field} is not what it should be`,
  );
}

/** Tokens as their texts. */
function textsOf(tokens: Omit<z.infer<typeof schema>, "chat_template">): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tokens).flatMap(([name, value]) => {
      const text = typeof value === "string" ? value : value?.content;
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
