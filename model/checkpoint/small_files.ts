/**
 * Reads the optional small files beside a model's weights.
 *
 * @module
 */
import { readBounded } from "../durable.ts";

/** A tokenizer_config.json that lists a thousand special tokens has some hundred kilobytes. */
const MAX_BYTES = 16 << 20;

/**
 * The text of a file; undefined where there is none.
 *
 * @throws {RangeError} naming the file, when it is too long
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readBounded(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The contents of a JSON file; undefined where there is none.
 *
 * @throws {SyntaxError} naming the file, when it is not JSON
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${path}: it is not JSON`, { cause });
  }
}
