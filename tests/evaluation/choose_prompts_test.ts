import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { choosePrompts } from "../../evaluation/choose_prompts.ts";
import { prose, writeCorpus } from "../commands/corpus.ts";
import { openFolder, run, start } from "../commands/program.ts";

const MOTTO = "Everything that sails, and nothing that does not, since 1906.";
/** Two sites of twenty pages each, all with the same motto. */
const DOCUMENTS = ["harbour.example", "island.example"].flatMap((host, site) =>
  Array.from({ length: 20 }, (_, page) => ({
    id: `${site}${String(page).padStart(15, "0")}`,
    url: `https://${host}/${page}`,
    title: `Page ${page}`,
    text: `${MOTTO}\n\nShips number ${site}${page} of ${host} and all their boats lie in the dock.`,
  }))
);

Deno.test("prompts come from every source, by seed, and from lines of their documents' own", async () => {
  const chosen = await choosePrompts(DOCUMENTS, { seed: 7, sources: [] });
  assertEquals(await choosePrompts(DOCUMENTS.toReversed(), { seed: 7, sources: [] }), chosen);
  assertNotEquals(await choosePrompts(DOCUMENTS, { seed: 8, sources: [] }), chosen);
  assertEquals([chosen.prompts.length, new Set(chosen.documents).size], [4, 4]);
  assert(chosen.prompts.every((prompt) => !prompt.startsWith("Everything")));
  const sites = chosen.documents.map((id) => id.at(0)).sort();
  assertEquals(sites, ["0", "0", "1", "1"]);
  for (const [i, prompt] of chosen.prompts.entries()) {
    assertStringIncludes(
      DOCUMENTS.find(({ id }) => id === chosen.documents[i])?.text ?? "",
      prompt,
    );
  }
});

Deno.test("what all documents have is used where there is nothing else, once", async () => {
  const same = DOCUMENTS.map((document) => ({ ...document, text: MOTTO }));
  const { prompts } = await choosePrompts(same, { seed: 0, sources: [] });
  assertEquals(prompts, ["Everything that sails, and nothing that does not, since"]);
  const numbers = DOCUMENTS.map((document) => ({ ...document, text: "1\n2\n3" }));
  assertEquals(await choosePrompts(numbers, { seed: 0, sources: [] }), {
    prompts: [],
    documents: [],
  });
});

const FLAGS = ["--steps", "2", "--checkpoint-every", "1", "--vocab", "320"];

Deno.test("samples, commands, exports and servers go on from the run's own held-out documents", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 20 });
  const root = join(folder.path, "run");
  const trained = await run(["pipeline", "--run", root, ...FLAGS, corpus]);
  assertEquals(trained.code, 0, trained.err);
  const file = JSON.parse(await Deno.readTextFile(join(root, "prompts.json")));
  assertEquals(file.split, "validation");
  // Each tenth is held out: 009.txt and 019.txt, which both begin "Address N: ...".
  const own = [9, 19].map((index) => prose(index));
  const [first, second] = file.prompts;
  assertEquals(file.prompts.length, 2);
  assert(own.some((text) => text.startsWith(first)) && own.some((text) => text.startsWith(second)));

  const samples = (await Deno.readTextFile(join(root, "samples.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  for (const { samples: texts } of samples) {
    assertEquals(texts.map(({ prompt }: { prompt: string }) => prompt), file.prompts);
  }
  assertStringIncludes(trained.out, `Sample: ${first} ▸`);
  assertStringIncludes(trained.out, `deno task generate ${root} --prompt '${first}'\n`);

  const generated = await run(["generate", "--run", root, "--max-tokens", "3"]);
  assertEquals([generated.code, generated.out.startsWith(first)], [0, true]);
  const exported = join(folder.path, "exported");
  assertEquals((await run(["export", "--run", root, "--output", exported])).code, 0);
  for (const flags of [["--run", root], ["--model", exported], ["--model", join(root, "export")]]) {
    await using server = start(["serve", ...flags, "--port", "0"]);
    const [, origin] = /on (http:\S+)/.exec(await server.line(/^Serving model/)) ?? [];
    assertStringIncludes(await server.line(/^Try: curl/), `"prompt":"${first}"`);
    const response = await fetch(`${origin}/prompts.json`);
    assertEquals(await response.json(), { prompts: file.prompts });
  }

  // Chosen once: a run that goes on keeps them, whatever is in the file by then.
  await Deno.writeTextFile(join(root, "prompts.json"), '{"prompts":["The people of"]}');
  const longer = await run(["pipeline", "--run", root, "--steps", "3", "--force"]);
  assertEquals(longer.code, 0, longer.err);
  assertStringIncludes(longer.out, "Sample: The people of ▸");
  await Deno.writeTextFile(join(root, "prompts.json"), '{"prompts":["a\\u001b[2J"]}');
  const refused = await run(["generate", "--run", root]);
  assertEquals(refused.code, 1);
  assertMatch(refused.err, /prompts\.json: prompts must be up to 5 lines of 1 to 120 characters/);
});

Deno.test("without held-out documents, prompts come from those trained on, and it is said", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 3 });
  const root = join(folder.path, "run");
  const { code, out, err } = await run(["pipeline", "--run", root, ...FLAGS, corpus]);
  assertEquals(code, 0, err);
  assertStringIncludes(out, "Samples continue training documents");
  const file = JSON.parse(await Deno.readTextFile(join(root, "prompts.json")));
  assertEquals([file.split, file.prompts.length], ["train", 3]);
});
