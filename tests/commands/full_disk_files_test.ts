import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { isWithoutSmallDisk, openSmallDisk } from "../small_disk.ts";
import { serveChain, writeCorpus } from "./corpus.ts";
import { runHere } from "./in_process.ts";
import { openFolder, run } from "./program.ts";

const ignore = await isWithoutSmallDisk();
const FULL = /^error: Cannot .*(No space left on device|disk is full).*$/m;
/** Room on the disk: less than any of the outputs takes. */
const ROOM = 8192;

async function open(kib: number) {
  const disk = await openSmallDisk(kib);
  assert(disk);
  return disk;
}

/** The names on a disk, but for what takes up its room. */
async function namesIn(path: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  return names.filter((name) => name !== "filler").sort();
}

Deno.test({
  name: "a full disk fails what writes one file, and leaves the earlier file",
  ignore,
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus"), runDir = join(folder.path, "run");
    await writeCorpus(corpus, { count: 60 });
    const flags = ["--vocab", "400", "--steps", "2", "--leaves", "1"];
    const trained = await run(["pipeline", "--run", runDir, ...flags, corpus]);
    assertEquals(trained.code, 0, trained.err);
    await using disk = await open(1024);
    const at = (name: string) => join(disk.path, name);
    const failing: Record<string, readonly string[]> = {
      "t.jsonl": ["text", "--output", at("t.jsonl"), corpus],
      "t.jsonl.gz": ["text", "--output", at("t.jsonl.gz"), corpus],
      "t.parquet": ["text", "--output", at("t.parquet"), corpus],
      "tokenizer.json": [
        "tokens",
        "train",
        "--vocab",
        "600",
        "--output",
        at("tokenizer.json"),
        join(corpus, "000.txt"),
      ],
      "t.bin": ["tokens", "export", "--output", at("t.bin"), runDir],
    };
    for (const [name, args] of Object.entries(failing)) {
      await Deno.writeTextFile(at(name), "earlier");
      await disk.leave(ROOM);
      const { code, err } = await runHere(args);
      assertEquals(code, 1, `${args}: ${err}`);
      assertMatch(err, FULL);
      assert(err.includes(at(name)), err);
      assertEquals(await Deno.readTextFile(at(name)), "earlier");
      assertEquals(await namesIn(disk.path), [name]);
      await Deno.remove(at(name));
    }
    const formats = ["onnx", "onnx-int8", "safetensors", "safetensors-f16", "gguf", "gguf-q8_0"];
    for (const format of formats) {
      await Deno.mkdir(at("model/onnx"), { recursive: true });
      const files = ["onnx/model.onnx", "onnx/model_quantized.onnx", "model.safetensors"]
        .concat(`model-${format.replace("gguf-", "") === "gguf" ? "f32" : "q8_0"}.gguf`);
      await disk.leave(65536);
      for (const file of files) await Deno.writeTextFile(at(`model/${file}`), "earlier");
      await disk.leave(ROOM);
      const args = ["export", "--format", format, "--output", at("model"), runDir];
      const { code, err } = await runHere(args);
      assertEquals(code, 1, `${args}: ${err}`);
      assertMatch(err, FULL);
      for (const file of files) {
        assertEquals(await Deno.readTextFile(at(`model/${file}`)), "earlier", format);
      }
      await Deno.remove(at("model"), { recursive: true });
    }
  },
});

Deno.test({
  name: "a full disk fails what appends: dropped documents, an index, tokens",
  ignore,
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus"), runDir = join(folder.path, "run");
    await writeCorpus(corpus, { count: 240 });
    const out = join(folder.path, "out.jsonl");
    await using disk = await open(1024);
    const at = (name: string) => join(disk.path, name);
    await disk.leave(ROOM);
    const drops = ["text", "--min-chars", "1000000", "--output", out, "--dropped", at("d.jsonl")];
    const dropped = await runHere([...drops, corpus]);
    assertEquals(dropped.code, 1, dropped.err);
    assertMatch(dropped.err, FULL);
    const lines = (await Deno.readTextFile(at("d.jsonl"))).split("\n");
    assertEquals(lines.pop(), "", "the last line is whole");
    for (const line of lines) JSON.parse(line);
    await Deno.remove(at("d.jsonl"));

    await disk.leave(65536);
    const near = await runHere([
      "text",
      "--near-index",
      at("near.sqlite"),
      "--output",
      out,
      corpus,
    ]);
    assertEquals(near.code, 1, near.err);
    assertMatch(near.err, FULL);
    await disk.leave(0);
    for (const name of await namesIn(disk.path)) await Deno.remove(at(name));

    const flags = ["--vocab", "400", "--steps", "2", "--leaves", "1"];
    const trained = await run(["pipeline", "--run", runDir, ...flags, corpus]);
    assertEquals(trained.code, 0, trained.err);
    const bin = join(folder.path, "t.bin"), tokenizer = join(runDir, "tokenizer.json");
    assertEquals((await runHere(["tokens", "export", "--output", bin, runDir])).code, 0);
    for (
      const args of [
        ["tokens", "import", "--tokenizer", tokenizer, "--output", at("tokens"), bin],
        ["tokens", "mix", "--output", at("tokens"), `${runDir}=1`],
      ]
    ) {
      await disk.leave(65536);
      const { code, err } = await runHere(args);
      assertEquals(code, 1, `${args}: ${err}`);
      assertMatch(err, FULL);
      await Deno.remove(at("tokens"), { recursive: true });
    }
  },
});

Deno.test({
  name: "a full disk fails text whose lines go to a file on it",
  ignore,
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus");
    await writeCorpus(corpus, { count: 6 });
    await using disk = await open(1024);
    await disk.leave(ROOM);
    const command = `"$@" > ${join(disk.path, "t.jsonl")}`;
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-c", command, "sh", Deno.execPath(), "run", "-A", main, "text", corpus],
      env: { NO_COLOR: "1" },
    }).output();
    const err = new TextDecoder().decode(stderr);
    assertEquals(code, 1, err);
    assertMatch(err, FULL);
  },
});

Deno.test({
  name: "a crawl on a full disk fails, and goes on when there is room",
  ignore,
  async fn() {
    await using site = serveChain({ pages: 20, words: 6000 });
    await using disk = await open(1024);
    const output = join(disk.path, "crawl");
    await disk.leave(300_000);
    const args = ["--allow-private", "--delay", "0", "--max-pages", "20", "--output", output];
    const full = await runHere(["crawl", ...args, `${site.origin}/0`]);
    assertEquals(full.code, 1, full.err);
    assertMatch(full.err, FULL);
    await Deno.remove(join(disk.path, "filler"));
    const remount = ["-o", "remount,size=64m", disk.path];
    assert((await new Deno.Command("mount", { args: remount }).output()).success);
    const freed = await runHere(["crawl", ...args, `${site.origin}/0`]);
    assertEquals(freed.code, 0, freed.err);
    const documents = (await Deno.readTextFile(join(output, "documents.jsonl"))).trimEnd();
    const urls = documents.split("\n").map((line) => JSON.parse(line).url);
    assertEquals(urls.length, 20);
    assertEquals(new Set(urls).size, 20, "none is lost and none is there twice");
  },
});
