/**
 * The stop ids of a model in Hugging Face's layout.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "./small_files.ts";

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

/**
 * `eos_token_id` as these files have it: the id alone, or a list that begins with `first`.
 *
 * @param first the configuration's own id
 */
export function formatStopIds(
  first: number | null,
  stopIds: readonly number[],
): number | number[] | null {
  const ids = [...new Set([...first === null ? [] : [first], ...stopIds])];
  return ids.length > 1 ? ids : ids[0] ?? null;
}

async function idsIn(path: string): Promise<number[]> {
  const parsed = schema.safeParse(await readJson(path) ?? {});
  if (!parsed.success) {
    throw new SyntaxError(`Cannot use ${path}: eos_token_id must be a token id or a list of them`);
  }
  return [parsed.data.eos_token_id ?? []].flat();
}
