import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { splitter } from "../../run/hold_out.ts";
import { writeCorpus } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

/** Ids as documents have them. */
const IDS = Array.from({ length: 5000 }, (_, i) => ({
  id: createHash("sha256").update(`https://example.org/${i}`).digest("hex").slice(0, 16),
}));

Deno.test("each tenth document of the journal is held out, or those whose hash says so", () => {
  const tenth = splitter("each-tenth");
  assertEquals(
    Array.from({ length: 21 }, (_, i) => i).filter((i) => tenth(i, { id: "" }) === "validation"),
    [9, 19],
  );
  const byHash = splitter("by-hash");
  const heldOut = IDS.filter((document, i) => byHash(i, document) === "validation");
  assert(Math.abs(heldOut.length - 500) < 3 * Math.sqrt(5000 * 0.1 * 0.9), `${heldOut.length}`);
  // Neither order nor what else there is matters.
  const other = IDS.slice(1000).reverse();
  const again = other.filter((document, i) => byHash(i, document) === "validation");
  assertEquals(new Set(again), new Set(heldOut.filter((document) => other.includes(document))));
});

Deno.test("a run that holds out by hash is verified, evaluated and traced", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 40 });
  const runDir = join(folder.path, "run");
  const args = ["--run", runDir, "--steps", "2", "--vocab", "300", "--json"];
  const made = await run(["pipeline", ...args, "--hold-out", "by-hash", corpus]);
  assertEquals([made.code, made.err], [0, ""]);
  assertEquals((await run(["verify", runDir])).code, 0);
  const documents: { id: string; url: string }[] = [];
  for (
    const line of (await run(["trace", runDir, "--step", "1", "--json"])).out.trim().split("\n")
  ) {
    documents.push(JSON.parse(line));
  }
  assert(documents.length > 0);
  const byHash = splitter("by-hash");
  for (const document of documents) assertEquals(byHash(0, document), "train", document.url);
  const steps = await run(["trace", runDir, "--document", documents[0]?.url ?? "", "--json"]);
  assertEquals(JSON.parse(steps.out.split("\n")[0] ?? "").step, 1);
});
