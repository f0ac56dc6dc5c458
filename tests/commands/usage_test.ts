import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { isThere, openFolder, run } from "./program.ts";

const GOLDEN = new URL("../fixtures/goldens/mha_tied", import.meta.url).pathname;

/** Command lines that are refused at once, and the whole reason; @ is an empty folder. */
const REFUSED: readonly (readonly [args: string, reason: string])[] = [
  [
    "teach",
    "Cannot run teach: commands are pipeline, crawl, text, train, eval, generate, dashboard, serve, export, inspect, verify, tokens, trace",
  ],
  [
    "tokens",
    "Cannot run tokens: say one of train, encode, decode, inspect, stats, show, export, import, mix",
  ],
  ["tokens train", "Cannot train a tokenizer: name at least one text file"],
  ["tokens train @/none.txt", "Cannot read @/none.txt: no such file or folder"],
  ["tokens encode --json --tokenizer @", "Cannot read @: it is a folder"],
  ["tokens inspect", "Cannot inspect tokens: name one folder, shard or .bin file"],
  [
    "tokens inspect @",
    "Cannot inspect @: it has neither an index.json of tokens nor a tokens/ with one",
  ],
  ["tokens inspect @/none.bin", "Cannot read @/none.bin: no such file or folder"],
  [
    "serve --hostname 0.0.0.0",
    "Cannot listen on 0.0.0.0 without API keys: give --api-key-file FILE or CLLM_API_KEYS, " +
    "or leave --hostname out to serve this machine alone",
  ],
  [
    "dashboard --hostname 0.0.0.0",
    "Cannot listen on 0.0.0.0 without API keys: give --api-key-file FILE or CLLM_API_KEYS, " +
    "or leave --hostname out to serve this machine alone",
  ],
  [
    "dashboard --api-key-file @/none",
    "Cannot read --api-key-file @/none: no such file or folder",
  ],
  [
    "serve --api-key-file @/none",
    "Cannot read --api-key-file @/none: no such file or folder",
  ],
  [
    "serve --cors-origin https://a.test/",
    "Cannot use --cors-origin https://a.test/: write it like https://example.org, without a path",
  ],
  ["serve --max-running 0", "Cannot use --max-running 0: it must be an integer at least 1"],
  ["generate --temperature -1", "Cannot use --temperature -1: it must be a number at least 0"],
  ["pipeline --nope", "Cannot use --nope: there is no such flag; --help lists them"],
  ["pipeline --steps", "Cannot use --steps without N"],
  ["pipeline --steps ten", "Cannot use --steps ten: it must be an integer at least 1"],
  ["pipeline --steps 9 --steps 8", "Cannot use --steps twice"],
  [
    "pipeline --preset huge",
    "Cannot use --preset huge: it must be one of tiny, small, base, medium, large",
  ],
  ["pipeline --steps 1 --seconds 1", "Cannot use both --steps and --seconds: choose one"],
  ["pipeline http://", 'Cannot crawl "http://": not a URL; write it like https://example.org/'],
  [
    "pipeline ftp://a/",
    'Cannot crawl "ftp://a/": the scheme is ftp: but must be http: or https:',
  ],
  ["pipeline @/none.txt", "Cannot read @/none.txt: no such file or folder"],
  ["pipeline - -", "Cannot read - twice: standard input comes once"],
  [
    "pipeline @/a.pdf",
    "Cannot read @/a.pdf: an image; docs/reading.md has the formats",
  ],
  ["pipeline --init @/none", "Cannot open --init @/none: there is no such folder"],
  ["pipeline --init @", "Cannot open --init @: it has no config.json"],
  [
    "pipeline --filters gopher",
    "Cannot use --filters gopher: it must be of gopher-repetition, gopher-quality, c4, fineweb, or all",
  ],
  [
    "pipeline --language english",
    "Cannot use --language english: write two-letter codes such as en,ja; or any",
  ],
  [
    "pipeline --filter-settings @/limits.json",
    "Cannot use --filter-settings @/limits.json: gopher-quality.min_doc_words: " +
    "Invalid input: expected number, received string",
  ],
  ["text", "Cannot take out text: name at least one address, file or folder"],
  ["text --keep-dropped @/a.txt", "Cannot use --keep-dropped without --dropped FILE"],
  [
    "text --output @/a.csv @",
    "Cannot write @/a.csv: its name must end in one of .jsonl, .jsonl.gz, .parquet",
  ],
  [
    "text --dedup-against @ @",
    "Cannot use --dedup-against @: it is neither a run made with --near-duplicates nor an index file",
  ],
  ["inspect @ @", "Cannot inspect @: give one run folder"],
  ["inspect --run @ @/b", "Cannot inspect @/b: give one run folder"],
  ["serve @ --model @", "Cannot serve both @ and --model @: give one"],
  [
    "export --out @/x --run @/none",
    "Cannot open --run @/none: there is no such folder; make it with `deno task pipeline`",
  ],
  ["train", "Cannot train: --tokens DIR, or --init DIR and --batches FILE, say what on"],
  ["train --tokens @ --batches @", "Cannot train on both --tokens and --batches: choose one"],
  [
    "train --tokens @",
    "Cannot read the tokens of @: it needs tokenizer.json and tokens/, as a run has them",
  ],
  [
    "train --init @/none --batches @/none.json",
    "Cannot open --init @/none: there is no such folder",
  ],
  [
    `train --init ${GOLDEN} --batches @/none.json`,
    "Cannot read --batches @/none.json: no such file or folder",
  ],
  [
    "eval --run @/none",
    "Cannot open --run @/none: there is no such folder; make it with `deno task pipeline`",
  ],
  [
    "export --run @/none",
    "Cannot open --run @/none: there is no such folder; make it with `deno task pipeline`",
  ],
  [
    "export --checkpoint @/none",
    "Cannot open --checkpoint @/none: there is no such folder",
  ],
  [
    "generate --model @/none",
    "Cannot open the model of --model @/none: there is no folder @/none; " +
    "train one with `deno task pipeline`",
  ],
  [
    "serve --model @",
    "Cannot open the model in @: it has no onnx/model.onnx; make it with `deno task export`",
  ],
  ["serve --port 65536", "Cannot use --port 65536: it must be an integer from 0 to 65535"],
];

Deno.test("a bad command line ends with one plain line, code 2 and no run folder", async () => {
  await using folder = await openFolder();
  await Deno.writeTextFile(join(folder.path, "a.pdf"), "GIF89a");
  await Deno.writeTextFile(
    join(folder.path, "limits.json"),
    '{"gopher-quality":{"min_doc_words":"many"}}',
  );
  const waiting = [...REFUSED];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [command, reason] = next;
      const args = command.replaceAll("@", folder.path).split(" ");
      const runDir = join(folder.path, "run");
      if (args[0] === "pipeline") args.push("--run", runDir);
      const { code, out, err } = await run(args);
      assertEquals(err, `error: ${reason.replaceAll("@", folder.path)}\n`);
      assertEquals([code, out], [2, ""], command);
      assertEquals(await isThere(runDir), false, command);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("a run folder that is a file or damaged is refused; settings are not changed", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "");
  const taken = await run(["pipeline", "--run", file]);
  assertEquals(taken.code, 2);
  assertMatch(taken.err, /^error: Cannot use --run .*file: a part of its path is not a folder\n$/);

  await Deno.writeTextFile(join(folder.path, "run.json"), '{"format":');
  const damaged = await run(["pipeline", "--run", folder.path]);
  assertEquals(damaged.code, 2);
  assertEquals(
    damaged.err,
    `error: Cannot use the run ${folder.path}: its run.json is damaged\n`,
  );
});

Deno.test("a run of another format says so, whatever looks at it", async () => {
  await using folder = await openFolder();
  await Deno.writeTextFile(join(folder.path, "run.json"), '{"format":1,"settings":{}}');
  for (const args of [["inspect", folder.path], ["verify", "--run", folder.path]]) {
    const { code, err } = await run(args);
    assertEquals(code, 2);
    assertMatch(
      err,
      /^error: Cannot use the run .*: its run.json has format 1 and this program reads \d+; begin it anew in another folder, or use the program that made it\n$/,
    );
  }
});

Deno.test("CLLM_TRACE=1 shows where an error came from", async () => {
  const { code, err } = await run(["pipeline", "--steps", "0"], { CLLM_TRACE: "1" });
  assertEquals(code, 2);
  assertStringIncludes(err, "flags.ts");
});
