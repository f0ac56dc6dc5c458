import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { formatTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prose } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

/** A mixture of two imported files, as a user would make it. */
async function writeMixture(at: (name: string) => string): Promise<void> {
  const texts = Array.from({ length: 24 }, (_, i) => prose(i));
  const tokenizer = await trainTokenizer(texts, { vocabSize: 300 });
  await Deno.writeTextFile(at("tokenizer.json"), formatTokenizer(tokenizer));
  for (const [name, part] of [["a", texts.slice(0, 12)], ["b", texts.slice(12)]] as const) {
    const ids = part.flatMap((text) => [...tokenizer.encode(text), tokenizer.endOfTextId]);
    await Deno.writeFile(at(`${name}.bin`), new Uint8Array(Uint16Array.from(ids).buffer));
    const flags = ["--tokenizer", at("tokenizer.json"), "--output", at(name)];
    assertEquals((await run(["tokens", "import", ...flags, at(`${name}.bin`)])).code, 0);
  }
  const mixed = await run([
    "tokens",
    "mix",
    "--output",
    at("mixture"),
    `${at("a")}=2x2`,
    `${at("b")}=1`,
  ]);
  assertEquals(mixed.code, 0, mixed.err);
}

Deno.test("train --tokens learns from a mixture, and a killed one ends with the same weights", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeMixture(at);
  const train = (name: string, ...more: string[]) => [
    ...["train", "--tokens", at("mixture"), "--run", at(name), "--steps", "8", "--json"],
    ...["--checkpoint-every", "2", ...more],
  ];
  const calm = await run(train("calm"));
  assertEquals([calm.code, calm.err], [0, ""]);
  const losses = calm.out.trimEnd().split("\n").map((line) => JSON.parse(line).loss);
  assertEquals(losses.length, 8);
  assertLess(losses[7], losses[0]);
  const listed = await run(["runs", folder.path, "--json"]);
  assertEquals([listed.code, listed.err], [0, ""]);
  const { run: name, state, step, steps } = JSON.parse(listed.out);
  assertEquals([name, state, step, steps], [at("calm"), "finished", 8, 8]);

  {
    await using program = start(train("killed", "--workers", "1"));
    await program.line(/"step":5/);
    program.kill("SIGKILL");
    await program.ended;
  }
  const again = await run(train("killed", "--workers", "2"));
  assertEquals(again.code, 0, again.err);
  const first = JSON.parse(again.out.split("\n")[0] ?? "").step;
  assert(first > 1, `it began at step ${first} again`);
  for (const file of ["model.safetensors", "optimizer.safetensors"]) {
    const read = (name: string) =>
      Deno.readFile(join(at(name), "checkpoints", "step-000008", file));
    assert(
      (await read("calm")).every(((bytes) => (byte, i) => byte === bytes[i])(await read("killed"))),
    );
  }

  const said = await run([
    "generate",
    "--run",
    at("calm"),
    "--max-tokens",
    "4",
    "--prompt",
    "the people",
  ]);
  assertEquals(said.code, 0, said.err);
  const otherwise = await run(train("calm", "--seed", "1"));
  assertEquals([otherwise.code, otherwise.err], [
    2,
    `error: Cannot continue --run ${at("calm")} with --seed 1 (began with 0): ` +
    "that cannot change any more; choose another folder\n",
  ]);

  // A model of other ids than the tokens'.
  const other = formatTokenizer(
    await trainTokenizer([[...prose(0)].reverse().join("")], { vocabSize: 300 }),
  );
  const init = join(at("calm"), "checkpoints", "step-000008");
  await Deno.writeTextFile(join(init, "tokenizer.json"), other);
  const refused = await run(train("from", "--init", init));
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, `Cannot start from --init ${init}: its tokenizer `);
  assertStringIncludes(refused.err, "--tokens must be made with the tokenizer.json of --init\n");
});
