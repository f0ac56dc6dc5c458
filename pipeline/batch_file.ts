/**
 * A batch from a JSON file: `{inputIds, targetIds, mask, segmentIds?}`, each `[B][T]`.
 *
 * @module
 */
import { z } from "zod";
import type { Batch } from "../stages/types.ts";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";

const matrix = z.array(z.array(z.int().nonnegative()).nonempty()).nonempty();
const schema = z.object({
  inputIds: matrix,
  targetIds: matrix,
  mask: matrix,
  segmentIds: matrix.optional(),
});

/**
 * Reads a batch; segment ids only where `documentMask` asks for them.
 *
 * @throws {UsageError} when the file cannot be read
 * @throws {SyntaxError} when it has another form
 * @throws {RangeError} for ids past the vocabulary
 */
export async function readBatchFile(
  path: string,
  { vocabSize, documentMask }: { vocabSize: number; documentMask: boolean },
): Promise<Batch> {
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    if (cause instanceof SyntaxError) {
      throw new SyntaxError(`Cannot read --batches ${path}: it is not JSON`, { cause });
    }
    throw new UsageError(`Cannot read --batches ${path}: ${reasonOf(cause)}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SyntaxError(
      `Cannot read --batches ${path}: ${issue?.path.join(".") ?? ""}: ${issue?.message}`,
    );
  }
  const { inputIds, targetIds, mask, segmentIds } = parsed.data;
  const rows = inputIds.length;
  const cols = inputIds[0]?.length ?? 0;
  const flatten = (name: string, values: number[][], below: number): Int32Array => {
    if (values.length !== rows || values.some((row) => row.length !== cols)) {
      throw new SyntaxError(`Cannot read --batches ${path}: ${name} is not ${rows} x ${cols}`);
    }
    // Checked before the conversion to 32 bits, which would wrap.
    const flat = values.flat();
    const bad = flat.findIndex((id) => id >= below);
    if (bad >= 0) {
      throw new RangeError(
        `Cannot use --batches ${path}: ${name} row ${Math.floor(bad / cols)}, column ${
          bad % cols
        } ` +
          `is ${flat[bad]}, not below ${below}`,
      );
    }
    return Int32Array.from(flat);
  };
  const flatMask = flatten("mask", mask, 2);
  return {
    inputIds: flatten("inputIds", inputIds, vocabSize),
    targetIds: flatten("targetIds", targetIds, vocabSize),
    mask: flatMask,
    ...(documentMask && segmentIds
      ? { segmentIds: flatten("segmentIds", segmentIds, 2 ** 31) }
      : {}),
    rows,
    cols,
    validTokens: flatMask.reduce((sum, scored) => sum + scored, 0),
    cursor: { epoch: 0, batch: 0, state: null },
  };
}
