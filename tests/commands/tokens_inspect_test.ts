import { assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openStore } from "../../stages/store/mod.ts";
import { formatTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import type { Split } from "../../stages/types.ts";
import { prose } from "./corpus.ts";
import { readChecked, writeChecked } from "../../stages/checked_json.ts";
import { openFolder, run } from "./program.ts";

const VOCAB = 300;
const SPLITS: readonly Split[] = ["train", "train", "validation", "train", "train", "validation"];

const count = (n: number) => n.toLocaleString("en");

/** Writes six documents in five shards, as a run has them, and tells what they are. */
async function writeTokens(root: string) {
  const texts = SPLITS.map((_, i) => prose(i, { words: 40 + 10 * i }));
  const tokenizer = await trainTokenizer(texts, { vocabSize: VOCAB });
  const json = formatTokenizer(tokenizer);
  const hash = createHash("sha256").update(json).digest("hex");
  const documents = texts.map((text, i) => ({
    docId: `${i}`.padStart(16, "0"),
    text,
    split: SPLITS[i] as Split,
    ids: Uint16Array.from([...tokenizer.encode(text), tokenizer.endOfTextId]),
  }));
  const train = documents.filter(({ split }) => split === "train");
  const shardBytes = 2 * (train[0]?.ids.length ?? 0) + 2;
  await Deno.mkdir(root);
  await Deno.writeTextFile(join(root, "tokenizer.json"), json);
  const dir = join(root, "tokens");
  await using store = await openStore({ dir, vocabSize: VOCAB, tokenizerHash: hash, shardBytes });
  for (const { docId, split, ids } of documents) await store.append({ docId, split, ids });
  return { dir, documents, hash };
}

const sum = (lengths: number[]) => lengths.reduce((a, b) => a + b, 0);

Deno.test("tokens inspect reads a store, a shard and a .bin file, and changes nothing", async () => {
  await using folder = await openFolder();
  const root = join(folder.path, "run");
  const { dir, documents, hash } = await writeTokens(root);
  // As if a run were writing: what index.json does not list yet.
  const shard = join(dir, "train", "000001.bin");
  await Deno.writeFile(shard, new Uint8Array(10), { append: true });
  const before = await Deno.readFile(shard);

  const whole = await run(["tokens", "inspect", root, "--json", "--documents", "2"]);
  assertEquals([whole.code, whole.err], [0, ""]);
  const found = JSON.parse(whole.out);
  const lengths = (indexes: number[]) => indexes.map((i) => documents[i]?.ids.length ?? 0);
  const row = (name: string, indexes: number[]) => ({
    path: join(dir, name),
    split: name.split("/")[0],
    documents: indexes.length,
    tokens: sum(lengths(indexes)),
    bytes: 2 * sum(lengths(indexes)),
    checked: indexes.length,
    shortest: Math.min(...lengths(indexes)),
    longest: Math.max(...lengths(indexes)),
    fault: null,
  });
  assertEquals(found, {
    store: dir,
    version: 1,
    vocabSize: VOCAB,
    tokenizerHash: hash,
    dtype: "uint16",
    shards: [
      row("train/000000.bin", [0, 1]),
      row("train/000001.bin", [3]),
      row("train/000002.bin", [4]),
      row("validation/000000.bin", [2]),
      row("validation/000001.bin", [5]),
    ],
    documents: found.documents,
  });
  assertEquals(found.documents.length, 2);
  for (const [i, { id, tokens, start }] of found.documents.entries()) {
    assertEquals([id, tokens], [documents[i]?.docId, documents[i]?.ids.length]);
    assertEquals(documents[i]?.text.startsWith(start) && start.length > 40, true);
  }

  const one = await run(["tokens", "inspect", shard, "--documents", "1"]);
  const [third = 0] = lengths([3]);
  const [head, line, first, ...rest] = one.out.split("\n");
  assertEquals([one.code, one.err, rest], [0, "", [""]]);
  assertEquals(
    head,
    `${dir}: version 1, uint16, vocabulary of 300, tokenizer ${hash.slice(0, 12)}`,
  );
  assertEquals(
    line,
    `train/000001.bin       1 documents, ${count(third)} tokens, ${count(2 * third)} bytes, ` +
      `${third} to ${third} tokens a document: ` +
      "checksums right",
  );
  assertEquals(first?.startsWith(`document 0000000000000003, ${third} tokens: "Address 3: `), true);
  assertEquals(await Deno.readFile(shard), before);

  const bin = join(folder.path, "train.bin");
  const header = Uint32Array.of(20240520, 1, 5, ...new Uint32Array(253));
  const ids = Uint16Array.of(0, 5, 299, 0, 7);
  await Deno.writeFile(
    bin,
    new Uint8Array([header, ids].flatMap(({ buffer }) => [
      ...new Uint8Array(buffer),
    ])),
  );
  const plain = await run(["tokens", "inspect", bin]);
  assertMatch(plain.out, /: llm\.c, version 1, uint16, 5 tokens, highest id 299\nDocuments are /);
  const decoded = await run(
    ["tokens", "inspect", bin, "--tokenizer", join(root, "tokenizer.json")],
  );
  assertMatch(decoded.out, /highest id 299, 2 documents\ndocument [0-9a-f]{16}, 3 tokens: "/);
});

Deno.test("tokens inspect says what is wrong with which shard, and looks at the others", async () => {
  await using folder = await openFolder();
  const root = join(folder.path, "run");
  const { dir } = await writeTokens(root);
  const inspect = async (path: string, ...flags: string[]) => {
    const { code, out, err } = await run(["tokens", "inspect", path, ...flags]);
    return { code, out, err };
  };
  const [flipped, cut] = [join(dir, "train", "000000.bin"), join(dir, "train", "000001.bin")];
  const bytes = await Deno.readFile(flipped);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await Deno.writeFile(flipped, bytes);
  const { size } = await Deno.stat(cut);
  await Deno.truncate(cut, size - 1);
  await Deno.remove(join(dir, "validation", "000000.idx"));
  const { code, out, err } = await inspect(root);
  assertEquals(code, 1);
  assertEquals(
    err,
    `error: Cannot read ${flipped}: document 1 is damaged (checksum)\n` +
      `error: Cannot read shard ${cut}: it is truncated, ${size - 1} of ${size} bytes\n` +
      `error: Cannot read shard ${dir}/validation/000000.idx: it is missing\n`,
  );
  assertMatch(out, /^train\/000000\.bin .*: damaged after 1 documents$/m);
  assertMatch(out, /^train\/000001\.bin .*: damaged after 0 documents$/m);
  assertMatch(out, /^document 0{16}, \d+ tokens: "Address 0: /m);

  const tokenizer = join(root, "tokenizer.json");
  const own = await Deno.readTextFile(tokenizer);
  const other = formatTokenizer(await trainTokenizer([prose(9)], { vocabSize: 280 }));
  await Deno.writeTextFile(tokenizer, other);
  const another = await inspect(flipped);
  assertMatch(
    another.err,
    /^error: Cannot decode .*: the store was written with another tokenizer \(300 ids, \w{12}\) than that \(280 ids, \w{12}\); name its own with --tokenizer\n$/,
  );
  await Deno.writeTextFile(tokenizer, own);

  const index = join(dir, "index.json");
  await writeChecked(index, { ...await readChecked(index, { remedy: "" }), version: 2 });
  assertEquals(await inspect(flipped), {
    code: 1,
    out: "",
    err: `error: Cannot read ${index}: version 2 is not known, only 1\n`,
  });
  const bin = join(folder.path, "cut.bin");
  const words = Uint32Array.of(20240520, 1, 5, ...new Uint32Array(253));
  await Deno.writeFile(bin, new Uint8Array(words.buffer));
  assertEquals(
    (await inspect(bin)).err,
    `error: Cannot read ${bin}: it is truncated, 1024 of 1034 bytes\n`,
  );
  words[1] = 9;
  await Deno.writeFile(bin, new Uint8Array(words.buffer));
  assertEquals(
    (await inspect(bin)).err,
    `error: Cannot read ${bin}: version 9 of its header is not known, only 1\n`,
  );
});
