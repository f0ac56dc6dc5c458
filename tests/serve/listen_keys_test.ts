import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../cli/flags.ts";
import { KEYS_VARIABLE, readApiKeys } from "../../serve/listen_keys.ts";
import { openFolder } from "../commands/program.ts";

Deno.test("keys come from the file, the environment, or both", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "keys");
  await Deno.writeTextFile(path, "laptop laptop-key-0123456789\n");
  const names = async (file?: string) =>
    (await readApiKeys({ hostname: "127.0.0.1", "api-key-file": file }))?.names;
  Deno.env.delete(KEYS_VARIABLE);
  assertEquals(await names(), undefined);
  assertEquals(await names(path), ["laptop"]);
  using _restored = { [Symbol.dispose]: () => Deno.env.delete(KEYS_VARIABLE) };
  Deno.env.set(KEYS_VARIABLE, "phone phone-key-0123456789,desk-key-0123456789");
  assertEquals(await names(), ["phone", "key-2"]);
  assertEquals(await names(path), ["laptop", "phone", "key-2"]);
  for (const bad of ["", "short"]) {
    Deno.env.set(KEYS_VARIABLE, bad);
    const error = await assertRejects(
      () => names(path),
      UsageError,
      `Cannot read ${KEYS_VARIABLE}: `,
    );
    assertEquals(bad !== "" && error.message.includes(bad), false);
  }
});
