import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { readBatchFile } from "../../pipeline/batch_file.ts";
import { openFolder } from "../commands/program.ts";

Deno.test("readBatchFile refuses ids that 32 bits would wrap, and takes those that fit", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "batch.json");
  const read = async (change: Record<string, number[][]>) => {
    const whole = { inputIds: [[1, 2]], targetIds: [[2, 3]], mask: [[1, 1]], segmentIds: [[0, 1]] };
    await Deno.writeTextFile(path, JSON.stringify({ ...whole, ...change }));
    return await readBatchFile(path, { vocabSize: 4, documentMask: true });
  };
  assertEquals((await read({})).inputIds, Int32Array.of(1, 2));
  for (const id of [4, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 33 + 3]) {
    for (const name of ["inputIds", "targetIds", "mask"]) {
      const below = name === "mask" ? 2 : 4;
      const message =
        `Cannot use --batches ${path}: ${name} row 0, column 1 is ${id}, not below ${below}`;
      await assertRejects(() => read({ [name]: [[1, id]] }), RangeError, message);
    }
  }
  const segments = Int32Array.of(0, 2 ** 31 - 1);
  assertEquals((await read({ segmentIds: [[0, 2 ** 31 - 1]] })).segmentIds, segments);
  const message = "segmentIds row 0, column 1 is 2147483648, not below 2147483648";
  await assertRejects(() => read({ segmentIds: [[0, 2 ** 31]] }), RangeError, message);
});
