/**
 * validation.json: the validation set of a run with its tokens, so that neither a crash nor later
 * documents can change it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readIfThere, replaceFile } from "../model/durable.ts";
import type { DrawnPart } from "./draw_rows.ts";

/** Rule of the draw; a resumed run must have the same. */
export interface DrawRule {
  /** Rule for held-out documents. */
  readonly holdOut: string;
  readonly seed: number;
  /** SHA-256 of tokenizer.json, hexadecimal. */
  readonly tokenizer: string;
  /** T */
  readonly cols: number;
}

/** A recorded set. */
export interface ValidationRecord extends DrawRule {
  /** All documents in the corpus when it was drawn. */
  readonly corpus: number;
  /** Rows of the draw. */
  readonly rows: number;
  readonly parts: readonly DrawnPart[];
}

/** Version of the format. */
const FORMAT = 1;

/** Writes a set to the disk. */
export async function writeValidation(path: string, record: ValidationRecord): Promise<void> {
  const parts = record.parts.map(({ ids, ...part }) => ({ ...part, ids: [...ids] }));
  const text = JSON.stringify({ ...record, parts });
  const head = JSON.stringify({ format: FORMAT, sha256: digest(text) }).slice(0, -1);
  await replaceFile(path, `${head},"set":${text}}\n`);
}

/**
 * The recorded set, if there is one.
 *
 * @throws {Error} when the file is damaged, or its set was drawn by a different rule
 */
export async function readValidation(
  path: string,
  rule?: DrawRule,
): Promise<ValidationRecord | undefined> {
  const json = await readIfThere(path);
  if (json === undefined) return undefined;
  const record = parse(json);
  if (record === undefined) {
    throw new Error(
      `Cannot validate on ${path}: it is damaged; remove it to draw another set, which losses ` +
        `before and after cannot be compared on`,
    );
  }
  for (const name of ["holdOut", "seed", "tokenizer", "cols"] as const) {
    if (rule === undefined || record[name] === rule[name]) continue;
    throw new Error(
      `Cannot validate on ${path}: its ${name} is ${record[name]} and the run's ${rule[name]}; ` +
        `remove it to draw another set, which losses before and after cannot be compared on`,
    );
  }
  return record;
}

/** Undefined where the file is not as {@linkcode writeValidation} wrote it. */
function parse(json: string): ValidationRecord | undefined {
  try {
    const { format, sha256, set } = JSON.parse(json);
    if (format !== FORMAT || sha256 !== digest(JSON.stringify(set))) return undefined;
    // The digest guarantees its shape.
    const record = set as Omit<ValidationRecord, "parts"> & {
      parts: (Omit<DrawnPart, "ids"> & { ids: number[] })[];
    };
    const parts = record.parts.map(({ ids, ...part }) => ({ ...part, ids: Uint32Array.from(ids) }));
    return { ...record, parts };
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
