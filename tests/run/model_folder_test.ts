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
  for (const name of ["terse", "rhyme"]) {
    await Deno.mkdir(at("model.adapters"), { recursive: true });
    await Deno.mkdir(at("model.adapters", name));
    const adapter = join(GOLDEN, "..", "lora", "adapter_config.json");
    await Deno.copyFile(adapter, at("model.adapters", name, "adapter_config.json"));
  }
  await Deno.writeTextFile(at("model.adapters", "notes.txt"), "");
  const found = await findModels(folder, { "cache-mib": 1, threads: 1 });
  assertEquals(found.map(({ name }) => name), ["model", "run"]);
  assertEquals(found.map(({ adapters }) => adapters), [["model@rhyme", "model@terse"], []]);
  const more = await findModels(folder, { "cache-mib": 9, threads: 1 });
  const [small = 0, large = 0] = [await found[0]?.bytes(), await more[0]?.bytes()];
  assertEquals(Math.round((large - small) / 2 ** 20), 8);
  await Deno.remove(at("model.adapters"), { recursive: true });
  const bare = await (await findModels(folder, { "cache-mib": 1, threads: 1 }))[0]?.bytes() ?? 0;
  assertEquals(bare <= small, true);
  await assertRejects(() => findModels(at("none"), {}), UsageError, "there is no such folder");
  await Deno.remove(folder, { recursive: true });
});
