/**
 * JSON files with a digest of their contents, so that a flipped bit is detected.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readIfThere, replaceFile } from "../model/durable.ts";

/** The digest of a value as JSON, SHA-256 in hex. */
export function digestJson(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** Replaces the file at `path` with `value` and its digest, on `indent` levels of indentation. */
export async function writeChecked(
  path: string,
  value: object,
  { indent }: { indent?: number } = {},
): Promise<void> {
  const text = JSON.stringify({ ...value, sha256: digestJson(value) }, null, indent);
  await replaceFile(path, `${text}\n`);
}

/**
 * Reads what {@linkcode writeChecked} wrote to `path`; `undefined` when there is no file. `remedy`
 * is the advice in the error message.
 *
 * @throws {SyntaxError} naming the file when it does not match its digest
 */
export async function readChecked(
  path: string,
  { remedy }: { remedy: string },
): Promise<object | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const checked = parseChecked(text);
  if (checked === undefined) {
    throw new SyntaxError(
      `Cannot read ${path}: it does not match its digest, it is damaged; ${remedy}`,
    );
  }
  return checked;
}

/** The value in `text` without its digest; `undefined` when the two do not match. */
export function parseChecked(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== "object" || json === null || !("sha256" in json)) return undefined;
    const { sha256, ...value } = json;
    return sha256 === digestJson(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
