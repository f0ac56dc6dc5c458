import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describeLearned, sampledTexts } from "../../run/tokenizer_file.ts";
import { plannedTokens, warmUpChars, warmUpTokens } from "../../run/warm_up.ts";
import type { PresetName } from "../../model/config.ts";
import { openJournal } from "../../stages/journal/mod.ts";
import type { Document } from "../../stages/types.ts";
import { scratchDir } from "../stages/scratch.ts";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

const PRESET: PresetName = "tiny";
const SETTINGS = { preset: PRESET, context: 128, steps: 900, gradAccumulation: 1, warmUpCorpus: 0 };

Deno.test("files are read to their end, a crawl until the steps have enough", () => {
  // 900 steps of 12 rows of 128 tokens.
  assertEquals(plannedTokens(SETTINGS), 1_382_400);
  assertEquals(plannedTokens({ ...SETTINGS, gradAccumulation: 3 }), 4_147_200);
  assertEquals(plannedTokens({ ...SETTINGS, steps: 0 }), Infinity);
  const files = { ...SETTINGS, sources: ["/notes"] },
    site = { ...SETTINGS, sources: ["http://a/"] };
  assertEquals(warmUpTokens(files), 268_435_456);
  assertEquals(warmUpTokens({ ...files, steps: 900_000 }), 1_382_400_000);
  assertEquals(warmUpTokens({ ...files, steps: 0 }), 268_435_456);
  assertEquals(warmUpTokens({ ...files, sources: [] }), 268_435_456);
  assertEquals(warmUpTokens(site), 1_382_400);
  assertEquals(warmUpTokens({ ...site, steps: 0 }), 16_777_216);
  for (const settings of [files, site]) {
    assertEquals(warmUpTokens({ ...settings, warmUpCorpus: 5000 }), 5000);
    assertEquals(warmUpChars({ ...settings, warmUpCorpus: 5000 }), 20_000);
  }
});

function documentOf(i: number): Document {
  const url = `http://a/${i}`;
  const id = createHash("sha256").update(url).digest("hex").slice(0, 16);
  return { id, url, title: "", text: `Text ${i}. `.repeat(10), lang: "en", fetchedAt: "" };
}

Deno.test("of a large corpus, the tokenizer sees a uniform sample of what the run waits for", async () => {
  await using journal = await openJournal({ dir: await scratchDir() });
  const documents = Array.from({ length: 2000 }, (_, i) => documentOf(i));
  for (const document of documents) await journal.append(document);
  await journal.seal();
  const { signal } = new AbortController();
  const sample = async (chars: number, sampleChars: number) => {
    const texts = await Array.fromAsync(sampledTexts(journal, { chars, sampleChars, signal }));
    return texts.map((text) => Number(/\d+/.exec(text)?.[0]));
  };
  const all = documents.map((_, i) => i);
  assertEquals(await sample(Infinity, 1e9), all);
  const chars = (count: number) => documents.slice(0, count).reduce((n, d) => n + d.text.length, 0);
  assertEquals(await sample(chars(500), 1e9), all.slice(0, 500));
  // A quarter of them, from everywhere: 500 expected, with a standard deviation of 19.
  const quarter = await sample(Infinity, chars(2000) / 4);
  assert(Math.abs(quarter.length - 500) < 80, `${quarter.length}`);
  const firstHalf = quarter.filter((i) => i < 1000).length;
  assert(Math.abs(firstHalf - quarter.length / 2) < 60, `${firstHalf} of ${quarter.length}`);
});

Deno.test("passes over a corpus that still comes are the same for any workers and after a kill", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 60 });
  const args = (runDir: string, workers: number) => [
    ...["pipeline", "--run", runDir, "--steps", "12", "--vocab", "320", "--json"],
    ...["--warm-up-corpus", "3000", "--checkpoint-every", "4", "--workers", `${workers}`, corpus],
  ];
  const calm = join(folder.path, "calm"), killed = join(folder.path, "killed");
  const { code, err } = await run(args(calm, 2));
  assertEquals(code, 0, err);
  {
    await using program = start(args(killed, 1));
    await program.line(/"step":6,/);
    program.kill("SIGKILL");
    await program.ended;
  }
  assertEquals((await run(args(killed, 2))).code, 0);
  const manifestOf = async (runDir: string) =>
    JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));
  assertEquals(await manifestOf(killed), await manifestOf(calm));
  const path = join(calm, "checkpoints", "step-000012", "state.json");
  const { cursors: { batch } } = JSON.parse(await Deno.readTextFile(path));
  const passes: { epoch: number; documents: number }[] = batch.state.passes;
  // The first pass is over a part, and later ones over more.
  assertEquals(passes.map(({ epoch }) => epoch), passes.map((_, i) => i));
  assert(passes.length >= 2);
  assertEquals(
    passes.map(({ documents }) => documents),
    passes.map(({ documents }) => documents).toSorted((a, b) => a - b),
  );
  const verified = await run(["verify", calm]);
  assertEquals([verified.code, verified.err], [0, ""], verified.out);
});

Deno.test("--warm-up-corpus is refused where it does not apply", async () => {
  const args = ["pipeline", "--order", "stored", "--warm-up-corpus", "5"];
  const { code, err } = await run(args);
  assertEquals([code, err], [
    2,
    "error: Cannot use --warm-up-corpus with --order stored: it is for --order shuffled\n",
  ]);
});

Deno.test("a tokenizer says what its vocabulary lacks, and that little text came first", () => {
  const learned = { documents: 3, chars: 8012, vocab: 852, wanted: 4096, stored: 60, goesOn: true };
  const [size = "", text = ""] = describeLearned(learned);
  assert(size.startsWith("The vocabulary has 852 tokens instead of 4,096: "), size);
  const few = "warning: the tokenizer is learned from 3 documents alone (8,012 characters)";
  assert(text.startsWith(few), text);
  // All there is, and all that was asked for.
  const whole = { ...learned, documents: 60, goesOn: false };
  assertEquals(describeLearned(whole).length, 1);
  assertEquals(describeLearned({ ...whole, vocab: 4096 }), []);
  assertEquals(describeLearned({ ...learned, vocab: 4096, chars: 409_600 }), []);
});
