import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseFlags, UsageError } from "../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { settle } from "../../run/settings/settle.ts";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

const parse = (...args: string[]) => settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS }));

/** What a run that began with `before` says to `now`. */
function decide(
  before: readonly string[],
  now: readonly string[],
  { force = false, sealed = true, empty = false }: {
    force?: boolean;
    sealed?: boolean;
    empty?: boolean;
  } = {},
) {
  const { wanted, named } = parse(...now);
  const existing = parse(...before).wanted;
  return settle(existing, { wanted, named, root: "runs/a", force, step: 7, sealed, empty });
}

const limits = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(limits, '{"c4":{"min_num_sentences":9}}');
addEventListener("unload", () => Deno.removeSync(limits));

/** A value that is not the default, for each flag that may alter the result. */
const OTHER: Readonly<Record<string, string[]>> = {
  preset: ["small"],
  hours: ["2"],
  tokens: ["99999"],
  steps: ["9"],
  seconds: ["9"],
  "strict-simd": [],
  seed: ["9"],
  "max-pages": ["9"],
  "min-chars": ["9"],
  "text-field": ["body"],
  extract: ["dom"],
  comments: [],
  include: ["*a*"],
  exclude: ["*b*"],
  "block-list": [limits],
  delay: ["9"],
  "all-files": [],
  render: [],
  filters: ["gopher-quality"],
  "filter-settings": [limits],
  language: ["en"],
  "language-score": ["0.9"],
  quality: [`${limits},${limits}`],
  "quality-threshold": ["0.9"],
  decontaminate: [limits],
  "mask-personal-data": [],
  "near-duplicates": [],
  "dedup-against": ["elsewhere"],
  "repeated-lines": ["9"],
  "whole-site": [],
  stage: [`refine:${limits}`],
  vocab: ["999"],
  recipe: ["plain"],
  context: ["64"],
  "validate-every": ["9"],
  patience: ["9"],
  "hold-out": ["by-hash"],
  order: ["stored"],
  "warm-up-corpus": ["999"],
  replicas: ["3"],
  "inner-steps": ["9"],
  "outer-learning-rate": ["0.5"],
  "outer-momentum": ["0.5"],
  deltas: ["int8"],
  leaves: ["9"],
  "grad-accumulation": ["2"],
  optimizer: ["adamw"],
  "learning-rate": ["0.5"],
  schedule: ["cosine"],
  warmup: ["0.2"],
  decay: ["0.5"],
  "weight-decay": ["0.5"],
  guard: ["3"],
  clip: ["9"],
  init: ["elsewhere"],
  "user-agent": ["other/1"],
  "allow-private": [],
};

/** What a run with the setting of a flag must have begun with. */
const BASIS: Readonly<Record<string, string[]>> = Object.fromEntries(
  ["inner-steps", "outer-learning-rate", "outer-momentum", "deltas"]
    .map((flag) => [flag, ["--replicas", "3"]]),
);

/** A value for each flag that never does. */
const FREE: Readonly<Record<string, string[]>> = {
  run: ["runs/b"],
  hub: ["http://127.0.0.1:1"],
  workers: ["5"],
  recompute: [],
  "checkpoint-every": ["9"],
  "keep-last": ["9"],
  "keep-every": ["9"],
  "fall-back": [],
  tensorboard: [],
  dashboard: ["8081"],
  serve: ["8082"],
  contact: ["mailto:a@b.test"],
  chromium: ["/usr/bin/chromium"],
  "keep-dropped": [],
  force: [],
  json: [],
  cluster: ["nats://127.0.0.1:1"],
  "cluster-credentials": ["node.env"],
  "shared-folder": [],
  lease: ["9"],
  end: [],
};

Deno.test("every flag is known to alter the result of a run or never to", () => {
  assertEquals(
    [...Object.keys(OTHER), ...Object.keys(FREE)].sort(),
    Object.keys(PIPELINE_FLAGS).sort(),
  );
  const began = parse().wanted;
  for (const [flag, value] of Object.entries(FREE)) {
    assertEquals(decide([], [`--${flag}`, ...value]), began, flag);
  }
  for (const [flag, value] of Object.entries(OTHER)) {
    const { [flag]: basis = [] } = BASIS;
    const given = [...basis, `--${flag}`, ...value];
    const error = assertThrows(() => decide(basis, given), UsageError, `--${flag} `);
    assertStringIncludes(error.message, "Cannot continue --run runs/a with ");
    // The same value again changes nothing.
    const same = parse(...given).wanted;
    assertEquals(decide(given, given), same, flag);
  }
});

Deno.test("--force changes what can still be changed and notes it", () => {
  const never = [
    "preset",
    "hours",
    "tokens",
    "seed",
    "vocab",
    "recipe",
    "context",
    "hold-out",
    "order",
    "warm-up-corpus",
    "grad-accumulation",
    "init",
    "replicas",
    "deltas",
  ];
  const early = [
    "max-pages",
    "min-chars",
    "text-field",
    "extract",
    "include",
    "exclude",
    "delay",
    "all-files",
    "user-agent",
    "allow-private",
    "filters",
  ]
    .concat(["filter-settings", "language", "language-score", "mask-personal-data"])
    .concat(["near-duplicates", "dedup-against", "repeated-lines", "whole-site", "stage", "render"])
    .concat(["block-list", "quality", "quality-threshold", "decontaminate"]);
  for (const [flag, value] of Object.entries(OTHER)) {
    const { [flag]: basis = [] } = BASIS;
    const given = [...basis, `--${flag}`, ...value];
    if (never.includes(flag)) {
      const change = () => decide(basis, given, { force: true, sealed: false });
      assertThrows(change, UsageError, "that cannot change any more; choose another folder");
      continue;
    }
    if (early.includes(flag)) {
      const late = () => decide([], given, { force: true });
      assertThrows(late, UsageError, "its corpus is complete; choose another folder");
    }
    const { forced, ...rest } = decide(basis, given, { force: true, sealed: false });
    const { forced: _, ...wanted } = parse(...given).wanted;
    // A default that follows from another flag stays as the run began with it.
    const { learningRate, recipe } = rest;
    assertEquals(rest, { ...wanted, learningRate, ...recipe && { recipe } }, flag);
    assert(forced.every(({ step }) => step === 7) && forced.length > 0, flag);
  }
  assertThrows(
    () => decide(["--clip", "2"], ["--clip", "3", "--guard", "4"]),
    UsageError,
    "Cannot continue --run runs/a with --guard 4 (began with 10), --clip 3 (began with 2): " +
      "that alters the result; leave it out to go on, add --force to change it from step 8 on",
  );
});

Deno.test("a finished run goes on for more steps with --force, and its manifest tells", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  const runDir = join(folder.path, "run");
  const small = ["--vocab", "300", "--json"];
  const first = await run(["pipeline", "--run", runDir, "--steps", "3", ...small, corpus]);
  assertEquals([first.code, first.err], [0, ""]);
  const before = JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));
  const longer = ["pipeline", "--run", runDir, "--json", "--steps", "5"];
  const refused = await run(longer);
  assertEquals([refused.code, refused.out], [2, ""]);
  assertStringIncludes(refused.err, "--steps 5 (began with 3)");
  const forced = await run([...longer, "--force"]);
  assertEquals([forced.code, forced.err], [
    0,
    "From step 4 on, steps is 5 instead of 3, as --force says.\n",
  ]);
  assertEquals(JSON.parse(forced.out.split("\n")[1] ?? "").step, 4);
  const after = JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));
  assert(after.settings.sha256 !== before.settings.sha256);
  assertEquals([after.corpus, after.tokenizer], [before.corpus, before.tokenizer]);
  const verified = await run(["verify", runDir]);
  assertEquals([verified.code, verified.err], [0, ""], verified.out);
  // What a checkpoint says of itself.
  const path = join(runDir, "checkpoints", "step-000005", "state.json");
  const state = JSON.parse(await Deno.readTextFile(path));
  assertEquals(state.run.settings.forced, [{ step: 3, name: "steps", before: 3, now: 5 }]);
  assertEquals(state.run.program, after.program);
  assertEquals(state.run.tokenizer, after.tokenizer.sha256);
  assertEquals(state.run.random, { generator: "philox4x32-10", seed: 0 });
  assertEquals([state.run.schedule.name, state.run.optimizer.muon.momentum], ["wsd", 0.95]);
  const { read, refine, journal, tokenize, store, epochs, batch, train } = state.cursors;
  assertEquals(read, { files: 10, path: join(corpus, "010.txt"), pages: 1 });
  assertEquals([refine.texts, journal.documents, tokenize.documents], [11, 11, 11]);
  assertEquals([store.train, store.validation].map(({ documents }) => documents), [10, 1]);
  assertEquals(store.train.tokens, after.tokens.train.tokens);
  assertEquals([epochs, batch.batch, train.guard.steps], [{ epoch: 0, place: 0 }, 5, 5]);
  assert(state.metrics.loss > 0 && state.metrics.validationLoss > 0);
});
