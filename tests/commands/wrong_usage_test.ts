/**
 * Command lines as people mistype them: each ends in one line that says what to do instead, with
 * nothing on standard output and nothing made on the disk.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { COMMANDS } from "../../commands/mod.ts";
import { parseFlags } from "../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { runPaths, writeSettings } from "../../run/folder.ts";
import { lockRun } from "../../run/lock.ts";
import { runHere } from "./in_process.ts";
import { isThere, openFolder } from "./program.ts";
import { LANGUAGES } from "../../stages/refine/mod.ts";

const GOLDEN = new URL("../fixtures/goldens/mha_tied", import.meta.url).pathname;
const KINDS =
  "HTML, text, Markdown, JSON lines, CSV, Parquet, WARC, PDF, office documents, EPUB and mail";
const CHOOSE = "choose another folder";

/**
 * Refused before anything is done, with exit code 2, or 1 where it stands behind: the words, and the
 * whole reason. `@` is a folder without a run; PORT a taken port.
 */
const REFUSED: readonly (readonly [args: string, reason: string, code?: number])[] = [
  // Commands.
  ["pipelne", "Cannot run pipelne: there is no such command; did you mean pipeline?"],
  ["genrate --seed 1", "Cannot run genrate: there is no such command; did you mean generate?"],
  ["--nope", noCommand("--nope")],
  ["toString", noCommand("toString")],
  [
    "teach",
    "Cannot run teach: there is no such command; commands are pipeline, node, crawl, text, train, " +
    "tune, eval, chat, generate, dashboard, serve, export, inspect, runs, repair, verify, tokens, trace",
  ],
  [
    "tokens",
    "Cannot run tokens: say one of train, encode, decode, inspect, stats, show, export, import, mix",
  ],
  ["tokens train", "Cannot train a tokenizer: name at least one text file"],
  ["tokens train @/none.txt", "Cannot read @/none.txt: no such file or folder"],
  [
    "tokens train @/nul.bin",
    "Cannot read @/nul.bin: it holds NUL bytes, so it is no text",
  ],
  ["tokens encode --tokenizer @", "Cannot read @: it is a folder"],
  ["tokens inspect", "Cannot inspect tokens: name one folder, shard or .bin file"],
  [
    "tokens inspect @",
    "Cannot inspect @: it has neither an index.json of tokens nor a tokens/ with one",
  ],
  ["tokens inspect @/none.bin", "Cannot read @/none.bin: no such file or folder"],
  ["node", "Cannot join a run: name the broker, --cluster nats://HOST:4222"],
  [
    "node --cluster nats://HOST:4222 --roles cook",
    "Cannot use --roles cook: cook is no role; roles are crawl, text, keeper, train",
  ],
  ["tune", "Cannot tune: name one or more JSONL files of conversations"],
  ["tune --init @/none a.jsonl", "Cannot open --init @/none: there is no such folder"],
  [
    "chat @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  [
    "eval --task foo=x",
    "Cannot use --task foo=x: write FORM=FILE, FORM being one of choice, cloze, exact, hellaswag, " +
    "arc, mmlu, lambada, core",
  ],
  ["serve --models @/none", "Cannot open --models @/none: there is no such folder"],
  ["serve --tls-cert @/a.pem", "Cannot use --tls-cert without --tls-key FILE"],
  [
    "pipeline --replicas 2 --seconds 3 @/file",
    "Cannot use both --replicas and --seconds: choose one",
  ],
  ["pipeline --inner-steps 3 @/file", "Cannot use --inner-steps without --replicas N"],
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
  ["serve --max-running 0", "Cannot use --max-running 0: it must be an integer of at least 1"],
  ["generate --temperature -1", "Cannot use --temperature -1: it must be a number from 0 to 2"],
  ["generate --temperature 9", "Cannot use --temperature 9: it must be a number from 0 to 2"],
  ["pipeline --nope", "Cannot use --nope: there is no such flag; --help lists them"],
  ["pipeline --steps", "Cannot use --steps without N"],
  ["pipeline --steps ten", "Cannot use --steps ten: it must be an integer of at least 1"],
  ["pipeline --steps 9 --steps 8", "Cannot use --steps twice"],
  [
    "pipeline --preset huge",
    "Cannot use --preset huge: it must be one of tiny, small, base, medium, large",
  ],
  ["pipeline --steps 1 --seconds 1", "Cannot use both --seconds and --steps: choose one"],
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
    "text --language en,xx @",
    `Cannot use --language xx: it is none of those told apart: ${LANGUAGES.join(", ")}`,
  ],
  [
    "pipeline --filters all --filter-settings @/limits.json",
    "Cannot use --filter-settings @/limits.json: gopher-quality.min_doc_words: " +
    "Invalid input: expected number, received string",
  ],
  ["text", "Cannot extract text: name at least one address, file or folder"],
  ["text --language-score 0.9 @/a.txt", "Cannot use --language-score without --language A,B"],
  [
    "crawl --output @/c --filter-settings @/limits.json http://a.test/",
    "Cannot use --filter-settings without --filters A,B",
  ],
  [
    "crawl --output @/c --export @/urls --recrawl http://a.test/",
    both("--recrawl", "--export"),
  ],
  ["pipeline --language-score 0.9", "Cannot use --language-score without --language A,B"],
  ["text --filter-settings @/f.json @/a.txt", "Cannot use --filter-settings without --filters A,B"],
  ["text --max-pages 5 @/a.txt", noAddress("--max-pages")],
  ["text --user-agent me @/a.txt", noAddress("--user-agent")],
  ["text --contact me@example.org @/a.txt", noAddress("--contact")],
  ["text --allow-private @/a.txt", noAddress("--allow-private")],
  ["pipeline --max-pages 5 -", noAddress("--max-pages")],
  ["pipeline --allow-private -", noAddress("--allow-private")],
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
  ["inspect --run @ @/b", "Cannot inspect both @/b and --run @: give one run folder"],
  ["serve @ --model @", "Cannot serve both @ and --model @: give one"],
  [
    "export --out @/x --run @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  ["train", "Cannot train: give --tokens DIR, or --init DIR and --batches FILE"],
  ["train --tokens @ --batches @", "Cannot use both --tokens and --batches: choose one"],
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
  ["eval @/none.onnx", "Cannot evaluate @/none.onnx: there is no such file"],
  ["eval @/none", "Cannot open checkpoint @/none: there is no such folder"],
  [
    "eval --run @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  [
    "export --run @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
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
    "Cannot open the model in @: it has no model.safetensors and no ONNX file; name a checkpoint, " +
    "a Hugging Face folder, or a file that ends in .gguf or .onnx",
  ],
  ["serve --port 65536", "Cannot use --port 65536: it must be an integer from 0 to 65535"],
  // Flags that are not there, or are called otherwise.
  ["pipeline --stpes 5", "Cannot use --stpes: there is no such flag; did you mean --steps?"],
  ["pipeline --stpes=5", "Cannot use --stpes: there is no such flag; did you mean --steps?"],
  ["pipeline -steps 5", "Cannot use -steps: there is no such flag; did you mean --steps?"],
  [
    "pipeline --learning_rate 1",
    "Cannot use --learning_rate: there is no such flag; did you mean --learning-rate?",
  ],
  [
    "pipeline --checkpoint 5",
    "Cannot use --checkpoint: there is no such flag; did you mean --checkpoint-every?",
  ],
  ["crawl --dealy 9 @", "Cannot use --dealy: there is no such flag; did you mean --delay?"],
  ["text --languag en @", "Cannot use --languag: there is no such flag; did you mean --language?"],
  ["train --token @", "Cannot use --token: there is no such flag; did you mean --tokens?"],
  ["eval --al", "Cannot use --al: there is no such flag; did you mean --all?"],
  ["generate --promt hello", "Cannot use --promt: there is no such flag; did you mean --prompt?"],
  ["serve --prot 80", "Cannot use --prot: there is no such flag; did you mean --port?"],
  [
    "dashboard --hostnme a",
    "Cannot use --hostnme: there is no such flag; did you mean --hostname?",
  ],
  ["export --formt gguf", "Cannot use --formt: there is no such flag; did you mean --format?"],
  ["inspect --jsn", "Cannot use --jsn: there is no such flag; did you mean --json?"],
  ["runs --jsno", "Cannot use --jsno: there is no such flag; did you mean --json?"],
  ["repair --aply @", "Cannot use --aply: there is no such flag; did you mean --apply?"],
  ["verify --rnu @", "Cannot use --rnu: there is no such flag; did you mean --run?"],
  ["trace --stepp 3", "Cannot use --stepp: there is no such flag; did you mean --step?"],
  ["tokens show --row 3", "Cannot use --row: there is no such flag; did you mean --rows?"],
  // Values.
  ["pipeline --steps -5", "Cannot use --steps -5: it must be an integer of at least 1"],
  ["pipeline --steps 1.5", "Cannot use --steps 1.5: it must be an integer of at least 1"],
  ["pipeline --steps 1e99", "Cannot use --steps 1e99: it must be an integer of at least 1"],
  ["pipeline --run --steps 5", "Cannot use --run without DIR"],
  ["pipeline --json=yes", "Cannot use --json=yes: it takes no value; write --json"],
  ["pipeline --vocab 100", "Cannot use --vocab 100: it must be an integer from 258 to 1048576"],
  ["pipeline --language-score 2", "Cannot use --language-score 2: it must be a number from 0 to 1"],
  ["crawl --per-host 0 @", "Cannot use --per-host 0: it must be an integer of at least 1"],
  ["generate --top-p 1.5", "Cannot use --top-p 1.5: it must be a number from 0 to 1"],
  ["tokens train --vocab 10 @", "Cannot use --vocab 10: it must be an integer of at least 258"],
  // Choices.
  [
    "pipeline --preset tinny",
    "Cannot use --preset tinny: it must be one of tiny, small, base, medium, large; " +
    "did you mean tiny?",
  ],
  [
    "pipeline --optimizer adam",
    "Cannot use --optimizer adam: it must be one of adamw, muon; did you mean adamw?",
  ],
  [
    "text --extract fats @",
    "Cannot use --extract fats: it must be one of fast, dom; did you mean fast?",
  ],
  [
    "crawl --scope hots @",
    "Cannot use --scope hots: it must be one of host, domain, prefix, any; did you mean host?",
  ],
  [
    "serve --weights int",
    "Cannot use --weights int: it must be one of f32, int8; did you mean int8?",
  ],
  [
    "pipeline --filters gopher-qualty",
    "Cannot use --filters gopher-qualty: it must be of gopher-repetition, gopher-quality, c4, " +
    "fineweb, or all; did you mean gopher-quality?",
  ],
  [
    "tokens encod",
    "Cannot run tokens encod: say one of train, encode, decode, inspect, stats, show, export, " +
    "import, mix; did you mean encode?",
  ],
  // Sources.
  [
    "pipeline example.org",
    "Cannot read example.org: no such file or folder; an address is written https://example.org/",
  ],
  [
    "text www.example.org/docs",
    "Cannot read www.example.org/docs: no such file or folder; an address is written " +
    "https://www.example.org/docs",
  ],
  [
    "pipeline localhost:8000",
    "Cannot read localhost:8000: no such file or folder; an address is written " +
    "http://localhost:8000/",
  ],
  ["crawl example.org", "Cannot crawl example.org: an address is written https://example.org/"],
  [
    "pipeline http://10.0.0.1/",
    "Cannot crawl http://10.0.0.1/: it is a private address; --allow-private connects to it",
  ],
  [
    "text http://localhost:9/",
    "Cannot crawl http://localhost:9/: it is a loopback address; --allow-private connects to it",
  ],
  ["pipeline @/empty", `Cannot read @/empty: no file in it is read (${KINDS} are); it is empty`],
  [
    "text @/pictures",
    `Cannot read @/pictures: no file in it is read (${KINDS} are); ` +
    "found 3 files of kinds not read: .png 2, .css 1; passed over in folders: hidden 1 " +
    "(--all-files reads them)",
  ],
  [
    "pipeline @/old",
    "Cannot read @/old: it is a run; go on with it by --run @/old, " +
    "or read its documents in @/old/corpus",
  ],
  [
    "text @/bad.parquet",
    "Cannot read @/bad.parquet: its name says Parquet, and its first bytes do not",
  ],
  ["text @/loop.txt", "Cannot read @/loop.txt: a link in its path leads back to itself"],
  ["crawl", "Cannot crawl into --output @/crawl: name at least one address"],
  // Flags that do not go together, or do not apply.
  [
    "pipeline --delay 9 @/notes",
    "Cannot use --delay: no source is an address to crawl; name one, or leave it out",
  ],
  [
    "pipeline --include a*",
    "Cannot use --include: no source is an address to crawl; name one, or leave it out",
  ],
  [
    "text --all-files https://example.org/",
    "Cannot use --all-files: no source is a file or folder; name one, or leave it out",
  ],
  [
    `train --init ${GOLDEN} --batches @/b.json --run @/x`,
    "Cannot use --run without --tokens DIR",
  ],
  [
    "train --tokens @ --document-mask",
    "Cannot use --document-mask without --batches FILE",
  ],
  ["train @", "Cannot train on @: use --tokens or --batches"],
  [`train --tokens @ --init ${GOLDEN} --batches @/b.json`, both("--tokens", "--batches")],
  ["train --batches @/b.json", "Cannot use --batches without --init DIR"],
  ["train --tokens @ --decay 0.5", forSchedule("--decay", "cosine", "wsd")],
  [
    "train --tokens @ --schedule constant --warmup 0",
    forSchedule("--warmup", "constant", "wsd or cosine"),
  ],
  ["pipeline --schedule cosine --decay 0.5 @/notes", forSchedule("--decay", "cosine", "wsd")],
  [
    "pipeline --order stored --warm-up-corpus 99 @/notes",
    "Cannot use --warm-up-corpus with --order stored: it is for --order shuffled",
  ],
  ["pipeline --vocab 300 --init @/base @/notes", both("--vocab", "--init")],
  ["text --seed 1 @/notes", noAddress("--seed")],
  [
    "pipeline --text-field body",
    "Cannot use --text-field: no source is a file or folder; name one, or leave it out",
  ],
  [
    "text --text-field body https://example.org/",
    "Cannot use --text-field: no source is a file or folder; name one, or leave it out",
  ],
  [
    "text --language any --language-score 0.9 @/notes",
    "Cannot use --language-score with --language any: it has nothing to decide then",
  ],
  [
    "pipeline --language any --language-score 0.9 @/notes",
    "Cannot use --language-score without --language A,B",
  ],
  [
    "crawl --output @/crawl --language-score 0.9 https://example.org/",
    "Cannot use --language-score without --language A,B",
  ],
  [
    "crawl --output @/crawl --filter-settings @/limits.json https://example.org/",
    "Cannot use --filter-settings without --filters A,B",
  ],
  ...["--top-k 5", "--top-p 0.5", "--seed 1"].map((flag): [string, string] => [
    `generate --temperature 0 ${flag}`,
    `Cannot use ${flag.split(" ")[0]} with --temperature 0: it has nothing to decide then`,
  ]),
  ["eval --checkpoint best --all", both("--checkpoint", "--all")],
  [
    "eval --set validation --max-rows 8",
    "Cannot use --max-rows with --set validation: it is for --set all",
  ],
  ...["--workers 2", "--strict-simd", "--recompute"].map((flag): [string, string] => [
    `eval --weights int8 ${flag}`,
    `Cannot use ${flag.split(" ")[0]} with --weights int8: it is for --weights f32`,
  ]),
  ...["--workers 2", "--weights int8"].map((flag): [string, string] => [
    `eval @/m.onnx ${flag}`,
    `Cannot use ${flag.split(" ")[0]} with @/m.onnx: it is for checkpoints; leave it out`,
  ]),
  [
    "eval --set validation --cols 8",
    "Cannot use --cols with --set validation: it is for --set all",
  ],
  [
    "eval @/whole",
    "Cannot evaluate on --run @/whole: it has no tokenizer yet; " +
    "go on with `deno task pipeline --run @/whole`",
  ],
  ["eval --all @/c", "Cannot evaluate both @/c and --all: choose one"],
  [
    "generate hello",
    "Cannot open the run hello: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made; text goes with --prompt",
  ],
  ["generate @ --run @/b", "Cannot generate from both @ and --run @/b: give one run folder"],
  ["generate --run @ --model @/m", "Cannot generate from both --run @ and --model @/m: give one"],
  ["export @ --checkpoint @/c", "Cannot export both @ and --checkpoint @/c: give one"],
  ["dashboard @ --run @/b", "Cannot show both @ and --run @/b: give one run folder"],
  ["trace @", "Cannot trace: give either --step N or --document ID"],
  ["tokens show --buckets 8", "Cannot use --buckets with --mode pack: it is for --mode pad"],
  [
    "tokens show --mode pad --buckets 8,x",
    "Cannot use --buckets 8,x: write lengths such as 16,32",
  ],
  [
    "tokens encode runs/mine",
    "Cannot encode runs/mine: give a JSON string per line on standard input, and the tokenizer " +
    "with --tokenizer",
  ],
  [
    "tokens decode runs/mine",
    "Cannot decode runs/mine: give a JSON array of ids per line on standard input, and the " +
    "tokenizer with --tokenizer",
  ],
  ["tokens train /dev/null", "Cannot train a tokenizer: there is no text in /dev/null"],
  ["tokens import a.bin", "Cannot import tokens: give --tokenizer FILE and the files"],
  ["tokens mix @", "Cannot mix @: write it as RUN=WEIGHT or RUN=WEIGHTxPASSES"],
  // Runs.
  [
    "inspect @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  [
    "verify @",
    "Cannot open the run @: there is no run.json in it; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  [
    "dashboard @/none",
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  [
    "inspect @/old",
    "Cannot use the run @/old: its run.json has format 1 and this program reads FORMAT; " +
    "begin it anew in another folder, or use the program that made it",
  ],
  [
    "inspect @/damaged",
    "Cannot use the run @/damaged: its run.json is damaged; `deno task repair @/damaged` says what can be saved",
  ],
  ["runs @/none", "Cannot list @/none: no such file or folder; `deno task pipeline` makes runs"],
  [
    "runs @/empty",
    "Cannot list @/empty: no folder in it is a run; make one with `deno task pipeline`",
  ],
  ["runs @ @", "Cannot list @: give one folder"],
  [
    "generate @/empty",
    "Cannot open the run @/empty: there is no run.json in it; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ],
  ...["serve", "generate --run", "verify", "trace --step 1", "tokens stats"].map((
    command,
  ): [string, string] => [
    `${command} @/none`,
    "Cannot open the run @/none: there is no such folder; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ]),
  ...["inspect", "verify", "dashboard", "trace --step 1", "repair", "export", "serve"].map((
    command,
  ): [string, string] => [
    `${command} @/file`,
    "Cannot open the run @/file: it is a file; name a folder that " +
    "`deno task pipeline --run DIR` has made",
  ]),
  ["runs @/file", "Cannot list @/file: it is a file; `deno task pipeline` makes runs"],
  // The machine.
  [
    "crawl --output @/file/x https://example.org/",
    `Cannot make --output @/file/x: a part of its path is not a folder; ${CHOOSE}`,
  ],
  [
    "crawl --output @/locked https://example.org/",
    `Cannot use --run @/locked: process ${Deno.pid} is working in it; ` +
    `wait for it to end or ${CHOOSE}`,
    1,
  ],
  [
    "tokens stats @/locked-run",
    `Cannot use --run @/locked-run: process ${Deno.pid} is working in it; ` +
    `wait for it to end or ${CHOOSE}`,
    1,
  ],
  [
    "dashboard @/whole --port PORT",
    "Cannot show the dashboard on 127.0.0.1:PORT: another program listens there; " +
    "choose another port",
    1,
  ],
];

function noAddress(flag: string): string {
  return `Cannot use ${flag}: no source is an address to crawl; name one, or leave it out`;
}

function both(flag: string, other: string): string {
  return `Cannot use both ${flag} and ${other}: choose one`;
}

function forSchedule(flag: string, schedule: string, others: string): string {
  return `Cannot use ${flag} with --schedule ${schedule}: it is for --schedule ${others}`;
}

function noCommand(name: string): string {
  return `Cannot run ${name}: there is no such command; commands are ${
    Object.keys(COMMANDS).join(", ")
  }`;
}

/** The format of run.json that this program writes. */
const FORMAT = /const FORMAT = (\d+)/.exec(
  await Deno.readTextFile(new URL("../../run/folder.ts", import.meta.url)),
)?.[1] ?? "";

async function fill(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  const run = (format: number) =>
    JSON.stringify({ format, settings: { preset: "tiny", sources: [] } });
  for (
    const name of ["empty", "pictures", "notes", "old", "damaged", "whole", "locked-run", "base"]
  ) {
    await Deno.mkdir(at(name));
  }
  const files: Record<string, string> = {
    "a.pdf": "GIF89a",
    "file": "",
    "bad.parquet": "some words",
    "notes/a.md": "some words",
    "pictures/a.png": "\x89PNG",
    "pictures/b.png": "\x89PNG",
    "pictures/c.css": "a {}",
    "pictures/.hidden.md": "some words",
    "limits.json": '{"gopher-quality":{"min_doc_words":"many"}}',
    "old/run.json": run(1),
    "damaged/run.json": '{"format":',
    "base/config.json": await Deno.readTextFile(join(GOLDEN, "config.json")),
    "base/tokenizer.json": "{}",
    "nul.bin": "some\0bytes",
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(at(name), text);
  for (const name of ["whole", "locked-run"]) {
    await writeSettings(
      runPaths(at(name)),
      settingsOf(parseFlags([], { flags: PIPELINE_FLAGS })).wanted,
    );
  }
  await Deno.symlink("loop.txt", at("loop.txt"));
  await Deno.mkdir(at("locked"));
}

Deno.test("wrong command lines end in one line that says what to do, and leave nothing", async () => {
  assert(REFUSED.length >= 48);
  await using folder = await openFolder();
  await fill(folder.path);
  using _lock = await lockRun(join(folder.path, "locked"));
  using _other = await lockRun(join(folder.path, "locked-run"));
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const filled = (text: string) =>
    text.replaceAll("@", folder.path).replaceAll("PORT", String(taken.addr.port))
      .replaceAll("FORMAT", FORMAT);
  for (const [command, reason, code = 2] of REFUSED) {
    const args = filled(command).split(" ");
    const runDir = join(folder.path, "run");
    if (args[0] === "pipeline" && !args.includes("--run")) args.push("--run", runDir);
    if (command === "crawl") args.push("--output", join(folder.path, "crawl"));
    const ending = await runHere(args);
    assertEquals(ending, { code, out: "", err: `error: ${filled(reason)}\n` }, command);
    assertMatch(ending.err, /^error: Cannot [^\n]+\n$/, command);
    assertEquals(await isThere(runDir), false, command);
    assertEquals(await isThere(join(folder.path, "crawl")), false, command);
  }
});

Deno.test("what is for one way to train is refused with the other", async () => {
  const flags = Object.entries((await COMMANDS.train?.())?.flags ?? {});
  for (const [way, other] of [["tokens", "batches"], ["batches", "tokens"]] as const) {
    const others = flags.filter(([, { needs }]) => needs === other);
    assert(others.length > 0);
    for (const [name, { value, defaultValue }] of others) {
      const given = value === undefined ? [] : [String(defaultValue ?? 2)];
      const args = ["train", "--init", GOLDEN, `--${way}`, "none", `--${name}`, ...given];
      const { code, err } = await runHere(args);
      const wanted = `--${other} ${other === "tokens" ? "DIR" : "FILE"}`;
      assertEquals([code, err], [2, `error: Cannot use --${name} without ${wanted}\n`]);
    }
  }
});

Deno.test("each command has a wrong command line here", () => {
  const tried = new Set(REFUSED.map(([command]) => command.split(" ")[0]));
  assertEquals(Object.keys(COMMANDS).filter((name) => !tried.has(name)), []);
});
