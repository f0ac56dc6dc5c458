/**
 * Where the API keys of `serve` come from.
 *
 * @module
 */
import { type ApiKeys, parseApiKeys } from "../serve/mod.ts";
import { reasonOf } from "./failure.ts";
import { UsageError } from "./flags.ts";

/** Holds keys as the file does, also with commas in place of line ends. */
export const KEYS_VARIABLE = "CLLM_API_KEYS";

/**
 * The keys in the file and in the environment; undefined where there is neither.
 *
 * @throws {UsageError} when one of them has no keys or bad ones
 */
export async function readApiKeys(path: string | undefined): Promise<ApiKeys | undefined> {
  const keys = [
    ...path === undefined ? [] : parse(await readKeyFile(path), `--api-key-file ${path}`),
    ...parse(Deno.env.get(KEYS_VARIABLE)?.replaceAll(",", "\n"), KEYS_VARIABLE),
  ];
  return keys.length > 0 ? keys : undefined;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UsageError(`Cannot read --api-key-file ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function parse(text: string | undefined, source: string): ApiKeys {
  if (text === undefined) return [];
  try {
    return parseApiKeys(text);
  } catch (cause) {
    throw new UsageError(`Cannot read ${source}: ${reasonOf(cause)}`, { cause });
  }
}
