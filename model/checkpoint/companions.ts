/**
 * What a model's folder says beside weights and tokenizer, for the models that are made of it: how a
 * conversation is written down, and what ends an answer.
 *
 * @module
 */
import { join } from "node:path";
import { readJson, readText } from "./small_files.ts";
import { readStopIds } from "./stop_ids.ts";

/** Where Hugging Face's tokenizers keep a chat template of its own file. */
const CHAT_TEMPLATE_FILE = "chat_template.jinja";
/** Where they keep more of them: `NAME.jinja` is the one of that name. */
const TEMPLATE_FOLDER = "additional_chat_templates";
/** Paths of such files in a model's folder; the name of a further one is the first group. */
export const TEMPLATE_PATH = /^(?:chat_template|additional_chat_templates\/([\w-][\w.-]*))\.jinja$/;

/** What goes along with a model, as it stands in its folder. */
export interface Companions {
  /** `chat_template` of tokenizer_config.json: a template, or several with their names. */
  readonly chatTemplate?: unknown;
  /** Texts of the chat templates that are files, by their paths in the folder. */
  readonly templateFiles?: Readonly<Record<string, string>>;
  /** Every id that ends an answer. */
  readonly stopIds: readonly number[];
}

/**
 * Reads the companions of the model in `folder`.
 *
 * @throws {SyntaxError} when a file that has some of them cannot be read
 */
export async function readCompanions(folder: string): Promise<Companions> {
  const config = await readJson(join(folder, "tokenizer_config.json"));
  const chatTemplate = typeof config === "object" && config !== null && "chat_template" in config
    ? config.chat_template
    : undefined;
  return {
    ...(chatTemplate != null && { chatTemplate }),
    templateFiles: await readTemplateFiles(folder),
    stopIds: [...await readStopIds(folder)],
  };
}

/**
 * Texts of the chat templates that are files in `folder`, by their paths there.
 *
 * @throws {SyntaxError} when one has a name that no template can have
 * @throws {RangeError} when one is too long
 */
export async function readTemplateFiles(folder: string): Promise<Record<string, string>> {
  const paths = [CHAT_TEMPLATE_FILE];
  const further = await namesIn(join(folder, TEMPLATE_FOLDER));
  paths.push(...further.map((name) => `${TEMPLATE_FOLDER}/${name}`));
  const texts: Record<string, string> = {};
  for (const path of paths) {
    const file = join(folder, path);
    if (!TEMPLATE_PATH.test(path)) {
      throw new SyntaxError(`Cannot read ${file}: name it by letters, digits, "-", "_" and "."`);
    }
    const text = await readText(file);
    if (text !== undefined) texts[path] = text;
  }
  return texts;
}

/** Names of the template files in a folder, in order; none where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    return names.filter((name) => name.endsWith(".jinja")).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
