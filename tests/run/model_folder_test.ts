import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../cli/flags.ts";
import { findModels } from "../../run/model_folder.ts";

const GOLDEN = new URL("../fixtures/goldens/gqa_untied", import.meta.url).pathname;
const TOKENIZER = new URL("../fixtures/bpe/tokenizer.json", import.meta.url).pathname;

Deno.test("a folder's models are runs that have one, and folders of models", async () => {
  const folder = await Deno.makeTempDir();
  const at = (...names: string[]) => join(folder, ...names);
  for (const name of ["model", "half", "run/checkpoints", "run/export", "begun"]) {
    await Deno.mkdir(at(name), { recursive: true });
  }
  for (const name of ["config.json", "model.safetensors"]) {
    await Deno.copyFile(join(GOLDEN, name), at("model", name));
  }
  await Deno.copyFile(join(GOLDEN, "config.json"), at("half", "config.json"));
  await Deno.copyFile(TOKENIZER, at("model", "tokenizer.json"));
  for (const name of ["run", "begun"]) await Deno.writeTextFile(at(name, "run.json"), "{}");
  await Deno.writeTextFile(at("notes.txt"), "");
  const found = await findModels(folder, { "cache-mib": 1, threads: 1 });
  assertEquals(found.map(({ name }) => name), ["model", "run"]);
  const more = await findModels(folder, { "cache-mib": 9, threads: 1 });
  const [small = 0, large = 0] = [await found[0]?.bytes(), await more[0]?.bytes()];
  assertEquals(Math.round((large - small) / 2 ** 20), 8);
  await assertRejects(() => findModels(at("none"), {}), UsageError, "there is no such folder");
  await Deno.remove(folder, { recursive: true });
});
