/**
 * Files of a model's folder besides weights and tokenizer that models made from it inherit: its chat
 * templates and stop ids.
 *
 * @module
 */
import { join } from "node:path";
import { readJson, readText } from "./small_files.ts";
import { readStopIds } from "./stop_ids.ts";

/** Hugging Face's file for a chat template. */
const CHAT_TEMPLATE_FILE = "chat_template.jinja";
/** Hugging Face's folder for further templates, each in `NAME.jinja`. */
const TEMPLATE_FOLDER = "additional_chat_templates";
/** Paths of template files in a model's folder; the first group is the name of a further one. */
export const TEMPLATE_PATH = /^(?:chat_template|additional_chat_templates\/([\w-][\w.-]*))\.jinja$/;

/** The companions of a model, as in its folder. */
export interface Companions {
  /** `chat_template` of tokenizer_config.json: a template, or several with their names. */
  readonly chatTemplate?: unknown;
  /** Texts of the chat templates that are files, by their paths in the folder. */
  readonly templateFiles?: Readonly<Record<string, string>>;
  /** Every stop id. */
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
 * @throws {SyntaxError} when one has an invalid name
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
