/** A model and a tokenizer, or tokens, that do not go together are refused wherever they meet. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { formatTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prose, writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

const VOCAB = 300;

/** A tokenizer.json of `vocabSize` ids that no run here learns by itself. */
async function anotherTokenizer(vocabSize: number): Promise<string> {
  const backwards = [...prose(0)].reverse().join("");
  return formatTokenizer(await trainTokenizer([backwards], { vocabSize }));
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** Runs a command that must be refused; its reason with digests as `#`. */
async function refused(args: readonly string[]): Promise<string> {
  const { code, err } = await run(args);
  assertEquals(code === 0, false, `${args.join(" ")} was not refused`);
  return err.replace(/^(?!error: ).*\n/gm, "").replace(/[0-9a-f]{64}|\b[0-9a-f]{12}\b/g, "#");
}

Deno.test("tokenizers and tokens of another vocabulary than the model's are refused", async () => {
  await using folder = await openFolder();
  const at = (...names: string[]) => join(folder.path, ...names);
  const corpus = at("corpus");
  await writeCorpus(corpus, { count: 12 });
  const root = at("run");
  const made = await run(
    ["pipeline", "--run", root, "--steps", "1", "--vocab", `${VOCAB}`, "--json", corpus],
  );
  assertEquals([made.code, made.err], [0, ""]);
  const checkpoint = join(root, "checkpoints", "step-000001");
  const own = await Deno.readTextFile(join(root, "tokenizer.json"));
  const [other, larger] = [await anotherTokenizer(VOCAB), await anotherTokenizer(VOCAB + 8)];

  // A model whose tokenizer.json is larger, or another of the same size.
  const [models, sizes] = [at("others"), at("sizes")];
  for (const [dir, json] of [[models, other], [sizes, larger]] as const) {
    await copyFolder(checkpoint, dir);
    await Deno.writeTextFile(join(dir, "tokenizer.json"), json);
  }
  for (const command of ["generate", "serve"]) {
    assertEquals(
      await refused([command, "--model", sizes]),
      `error: Cannot open the model in ${sizes}: its vocabulary has 300 entries and its ` +
        "tokenizer 308; put the tokenizer.json there that it was trained with\n",
    );
  }
  assertEquals(
    await refused(["eval", "--run", root, models]),
    `error: Cannot evaluate ${models}: its tokenizer # differs from the run's #, though both ` +
      "have 300 entries; name with --run the run that it was trained in\n",
  );
  assertEquals(
    await refused(["pipeline", "--run", at("begun"), "--init", sizes, corpus]),
    `error: Cannot start from --init ${sizes}: its vocabulary has 300 entries and ` +
      `${at("begun", "tokenizer.json")} 308; ` +
      "a run needs the tokenizer.json that its model was trained with\n",
  );
  const begun = at("begun_with_another");
  await Deno.mkdir(begun);
  await Deno.writeTextFile(join(begun, "tokenizer.json"), other);
  assertEquals(
    await refused(["pipeline", "--run", begun, "--init", checkpoint, corpus]),
    `error: Cannot start from --init ${checkpoint}: its tokenizer # differs from ` +
      `${join(begun, "tokenizer.json")} #, though both have 300 entries; ` +
      "a run needs the tokenizer.json that its model was trained with\n",
  );

  // Ids of a larger vocabulary, for a smaller one.
  const bin = at("wide.bin");
  await Deno.writeFile(bin, new Uint8Array(Uint16Array.of(5, 307, 0).buffer));
  const tokenizer = join(root, "tokenizer.json");
  assertEquals(
    await refused(["tokens", "import", "--tokenizer", tokenizer, "--output", at("in"), bin]),
    `error: Cannot read ${bin}: token 1 is 307, and the vocabulary has 300 ids; ` +
      "is it this tokenizer's file?\n",
  );

  // A run whose tokenizer.json was replaced, with its tokens and without them.
  const goOn = ["pipeline", "--run", root, "--steps", "2", "--force"];
  await Deno.writeTextFile(tokenizer, other);
  for (const args of [goOn, ["tokens", "stats", root]]) {
    assertEquals(
      await refused(args),
      `error: Cannot open token store ${root}/tokens: it was written with another tokenizer ` +
        "(300 ids, #) than this run's (300 ids, #); remove the folder to tokenize the corpus again\n",
    );
  }
  assertEquals(
    await refused(["eval", "--run", root]),
    `error: Cannot evaluate ${checkpoint}: its tokenizer # differs from the run's #, though ` +
      "both have 300 entries; name with --run the run that it was trained in\n",
  );
  await Deno.remove(join(root, "tokens"), { recursive: true });
  assertEquals(
    await refused(goOn),
    "error: Cannot go on training: the run's tokenizer.json has the digest # and its checkpoint " +
      "was trained with #; put the checkpoint's tokenizer.json back into the run folder, " +
      "or choose another folder\n",
  );
  await Deno.remove(join(root, "tokens"), { recursive: true });
  await Deno.writeTextFile(tokenizer, larger);
  assertEquals(
    await refused(goOn),
    `error: Cannot load ${checkpoint}/model.safetensors: tensor model.embed_tokens.weight is ` +
      "[300,128] there and [308,128] here; vocab_size differs: use the tokenizer it was trained with\n",
  );

  // With its own again, the run goes on.
  await Deno.remove(join(root, "tokens"), { recursive: true });
  await Deno.writeTextFile(tokenizer, own);
  assertEquals((await run(goOn)).code, 0);
});
