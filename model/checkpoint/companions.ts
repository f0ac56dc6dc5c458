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
export const CHAT_TEMPLATE_FILE = "chat_template.jinja";

/** What goes along with a model, as it stands in its folder. */
export interface Companions {
  /** `chat_template` of tokenizer_config.json: a template, or several with their names. */
  readonly chatTemplate?: unknown;
  /** Text of chat_template.jinja. */
  readonly chatTemplateFile?: string;
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
  const chatTemplateFile = await readText(join(folder, CHAT_TEMPLATE_FILE));
  return {
    ...(chatTemplate != null && { chatTemplate }),
    ...(chatTemplateFile !== undefined && { chatTemplateFile }),
    stopIds: [...await readStopIds(folder)],
  };
}
