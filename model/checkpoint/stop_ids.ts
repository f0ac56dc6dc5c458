/**
 * The ids by which a model in Hugging Face's layout ends what it generates.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";

const id = z.int().nonnegative();
const schema = z.object({ eos_token_id: z.union([id, z.array(id)]).nullish() });

/**
 * Every `eos_token_id` that the config.json and the generation_config.json in `folder` name, one or a
 * list in each.
 *
 * @throws {SyntaxError} when such a file is there and cannot be read
 */
export async function readStopIds(folder: string): Promise<Set<number>> {
  const ids = new Set<number>();
  for (const name of ["config.json", "generation_config.json"]) {
    for (const each of await idsIn(join(folder, name))) ids.add(each);
  }
  return ids;
}

async function idsIn(path: string): Promise<number[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${path}: it is not JSON`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new SyntaxError(`Cannot use ${path}: eos_token_id must be a token id or a list of them`);
  }
  return [parsed.data.eos_token_id ?? []].flat();
}
