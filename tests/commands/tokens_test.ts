import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openStore } from "../../stages/store/mod.ts";
import { addresses } from "../stages/crawl/addresses.ts";
import { openFolder, run } from "./program.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const fixture = new URL("../fixtures/bpe/", import.meta.url);

/** Runs `tokens ...args` with `input` on its standard input. */
async function pipe(args: readonly string[], input: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-env=CLLM_TRACE", MAIN, "tokens", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Response(input).body?.pipeTo(child.stdin),
  ]);
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("tokens train makes the tokenizer.json that Hugging Face makes of the same files", async () => {
  await using folder = await openFolder();
  const files: string[] = [];
  for await (const text of addresses()) {
    files.push(join(folder.path, `${files.length}.txt`));
    await Deno.writeTextFile(files.at(-1) as string, text);
  }
  const output = join(folder.path, "tokenizer.json");
  const flags = ["--vocab", "4096", "--min-frequency", "2", "--output", output];
  const { code, out, err } = await run(["tokens", "train", ...flags, ...files]);
  assertEquals([code, err], [0, ""]);
  const [size, compression, coverage] = out.split("\n");
  assertEquals(size, `${output}: 4096 tokens from ${files.length} files`);
  assertEquals(
    compression,
    "10761413 bytes of text are 2479034 tokens, 4.34 bytes a token",
  );
  assertEquals(coverage, "3901 of 4096 tokens occur in it (95.2 %)");
  const golden = await Deno.readTextFile(new URL("tokenizer.json", fixture));
  assertEquals(await Deno.readTextFile(output) === golden, true);
});

Deno.test("tokens encode and decode are lines of JSON, and each other's inverse", async () => {
  const tokenizer = ["--tokenizer", new URL("tokenizer.json", fixture).pathname];
  const encodings: { text: string; ids: number[] }[] = JSON.parse(
    await Deno.readTextFile(new URL("encodings.json", fixture)),
  );
  const texts = encodings.map(({ text }) => `${JSON.stringify(text)}\n`).join("");
  const ids = encodings.map((item) => `${JSON.stringify(item.ids)}\n`).join("");
  assertEquals(await pipe(["encode", "--json", ...tokenizer], texts), {
    code: 0,
    out: ids,
    err: "",
  });
  const decoded = await pipe(["decode", ...tokenizer], ids);
  assertEquals([decoded.code, decoded.err], [0, ""]);
  // The same values: what steers a terminal is escaped.
  const valuesOf = (lines: string) => lines.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(valuesOf(decoded.out), valuesOf(texts));
  assertEquals(await pipe(["encode", ...tokenizer], '"a"\n7\n'), {
    code: 2,
    out: "[66]\n",
    err: "error: Cannot encode line 2: it is not a JSON string\n",
  });
});

Deno.test("tokens stats, show and export read the store of a run", async () => {
  await using folder = await openFolder();
  const root = join(folder.path, "run");
  const source = join(folder.path, "texts");
  await Deno.mkdir(source);
  for (let i = 0; i < 8; i++) {
    const text = `The people of state ${i} shall have peace. `.repeat(40);
    await Deno.writeTextFile(join(source, `${i}.txt`), text);
  }
  const made = await run(["pipeline", "--run", root, "--steps", "1", "--vocab", "300", source]);
  assertEquals(made.code, 0, made.err);

  const { code, out } = await run(["tokens", "stats", root, "--json"]);
  assertEquals(code, 0);
  const { train, validation, vocabulary } = JSON.parse(out);
  assertEquals(train.documents + validation.documents, 8);
  const file = join(folder.path, "train.bin");
  const exported = await run(["tokens", "export", root, "--format", "llm.c", "--output", file]);
  assertEquals([exported.code, exported.out], [0, `${file}: ${train.tokens} tokens\n`]);
  const bytes = await Deno.readFile(file);
  assertEquals(Array.from(new Int32Array(bytes.buffer, 0, 4)), [20240520, 1, train.tokens, 0]);
  const ids = new Uint16Array(bytes.buffer, 1024);
  assertEquals(ids.length, train.tokens);
  assertEquals(ids.filter((id) => id === 0).length, train.documents);

  const counts = (await run(["tokens", "stats", root])).out;
  const trained = `${train.documents} documents, ${train.tokens.toLocaleString("en")} tokens, `;
  assert(counts.startsWith(`train       ${trained}`), counts);
  assertMatch(
    counts,
    /Ġ.*\n +\(Ġ is a space and Ċ a line break, as tokenizer\.json writes them\)\n/,
  );

  const shown = await run(["tokens", "show", root, "--rows", "2", "--cols", "16"], {
    NO_COLOR: "",
  });
  assertEquals(shown.code, 0, shown.err);
  assert(!shown.out.includes("\x1b"), "colours in a pipe");
  assertMatch(
    shown.out.replaceAll("|", ""),
    /^row 0: .*\nrow 1: .*\nbatch 1 of \d+: 2 rows of 16, \d+ scored; 0\.0 % empty up to here\n$/,
  );
  assertMatch(shown.out.replaceAll("|", ""), /peace\.|people|state/);
  const { model } = JSON.parse(await Deno.readTextFile(join(root, "tokenizer.json")));
  const size = Object.keys(model.vocab).length;
  assertEquals(vocabulary.size, size);

  // What was exported comes back the same, and mixes with the run that it came from.
  const tokenizer = join(root, "tokenizer.json");
  const back = join(folder.path, "back");
  const imported = await run([
    "tokens",
    "import",
    "--tokenizer",
    tokenizer,
    "--output",
    back,
    file,
  ]);
  assertEquals(
    [imported.code, imported.out],
    [0, `${back}: ${train.documents} documents, ${train.tokens} tokens\n`],
    imported.err,
  );
  const again = join(folder.path, "again.bin");
  await run(["tokens", "export", back, "--format", "llm.c", "--output", again]);
  assertEquals(await Deno.readFile(again), bytes);
  const mixture = join(folder.path, "mixture");
  const mixed = await run(["tokens", "mix", "--output", mixture, `${root}=2x2`, `${back}=1`]);
  assertEquals(mixed.code, 0, mixed.err);
  assertMatch(mixed.out, /^.*\/run: \d+ documents, \d+ tokens \(6\d\.\d %\), pass 2\n/);
  const twice = await run(["tokens", "mix", "--output", mixture, `${root}=1`]);
  assertEquals(
    [twice.code, twice.err],
    [2, `error: Cannot write tokens to ${mixture}: it holds some; name another --output\n`],
  );

  const dir = join(root, "tokens");
  await assertRejects(
    () => openStore({ dir, vocabSize: size + 1, tokenizerHash: "another" }),
    Error,
    `it was written with another tokenizer (${size} ids`,
  );
});
