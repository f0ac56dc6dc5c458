import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { reasonOf, writeFailure } from "../../model/system_error.ts";

const failing = (act: () => unknown) => assertThrows(act);

Deno.test("the system's errors are told without codes, calls and paths", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const file = join(dir, "file");
    await Deno.writeTextFile(file, "");
    const nowhere = failing(() => Deno.openSync(join(dir, "no/x.new"), { write: true }));
    assertEquals(reasonOf(nowhere), "no such file or folder");
    assertEquals(
      writeFailure("no/x", nowhere).message,
      "Cannot write no/x: its folder does not exist",
    );
    assertEquals(
      reasonOf(failing(() => Deno.openSync(join(file, "x")))),
      "a part of its path is not a folder",
    );
    // One that has no words of our own.
    const tooLong = failing(() => Deno.openSync(join(dir, "x".repeat(300))));
    assertEquals(reasonOf(tooLong), "File name too long");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  assertEquals(reasonOf(new Error("one line: read 'it'\nand another")), "one line: read 'it'");
  assertEquals(reasonOf(new Error("")), "unknown error");
});
