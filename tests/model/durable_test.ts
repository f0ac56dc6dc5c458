import { assertEquals, assertRejects } from "@std/assert";
import { appendWhole, replaceFile, writeWhole } from "../../model/durable.ts";
import { isWithoutSmallDisk, openSmallDisk } from "../small_disk.ts";
import { withDir } from "./with_dir.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const names = async (dir: string) =>
  (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();

Deno.test("writeWhole: a failed writer leaves the earlier file, and nothing beside it", () =>
  withDir(async (dir) => {
    const path = `${dir}/file`;
    await replaceFile(path, "earlier");
    const failing = writeWhole(path, async (put) => {
      await put(bytes("half"));
      throw new Error("no more");
    });
    await assertRejects(() => failing, Error, "no more");
    assertEquals(await Deno.readTextFile(path), "earlier");
    assertEquals(await names(dir), ["file"]);
  }));

Deno.test("writeWhole replaces what a killed process left, and names a missing folder", () =>
  withDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/file.new`, "a much longer text of a killed process");
    await writeWhole(`${dir}/file`, (put) => put(bytes("whole")));
    assertEquals(await Deno.readTextFile(`${dir}/file`), "whole");
    assertEquals(await names(dir), ["file"]);
    const nowhere = `${dir}/no/file`;
    const message = `Cannot write ${nowhere}: its folder does not exist`;
    await assertRejects(() => replaceFile(nowhere, ""), Error, message);
  }));

Deno.test("writeWhole: of two writers of one file, one fails and the file is the other's", () =>
  withDir(async (dir) => {
    const path = `${dir}/file`;
    const first = writeWhole(path, async (put) => {
      await put(bytes("first, "));
      await replaceFile(path, "second");
      await put(bytes("first"));
    });
    await assertRejects(() => first, Error, `Cannot write ${path}`);
    assertEquals(await Deno.readTextFile(path), "second");
    assertEquals(await names(dir), ["file"]);
  }));

Deno.test({
  name: "on a full disk appendWhole adds all or nothing, and says so",
  ignore: await isWithoutSmallDisk(),
  async fn() {
    await using disk = await openSmallDisk(1024);
    const path = `${disk?.path}/lines`;
    await appendWhole(path, bytes("one\n"), { sync: true });
    await disk?.leave(4096);
    const large = new Uint8Array(20_000).fill(97);
    const message = `Cannot write ${path}: No space left on device`;
    await assertRejects(() => appendWhole(path, large, { sync: false }), Error, message);
    assertEquals(await Deno.readTextFile(path), "one\n");
    await assertRejects(() => replaceFile(path, "b".repeat(20_000)), Error, message);
    assertEquals(await Deno.readTextFile(path), "one\n");
    assertEquals(await names(disk?.path ?? ""), ["filler", "lines"]);
  },
});
