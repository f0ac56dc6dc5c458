/**
 * The program as a person sees it: in a terminal Deno asks for permissions that a pipe is denied in
 * silence, and lines are drawn over one another.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder } from "./program.ts";
import { HAS_TERMINAL, startTask } from "./pseudo_terminal.ts";

const DOCUMENTS = new URL("../fixtures/documents/", import.meta.url).pathname;
const WIDTHS = [80, 120];
const SMALL = ["--vocab", "320", "--workers", "2"];

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `terminal: ${name}`, ignore: !HAS_TERMINAL, fn });

/**
 * Runs a task to its end in a terminal; what it showed, after the line that names the task. In a wide
 * terminal Deno may ask for permissions, and must have no reason to.
 */
async function shown(args: readonly string[], columns: number): Promise<string[]> {
  const mayAsk = columns > 80;
  await using task = startTask(args, { columns, mayAsk });
  const code = await task.ended;
  const { lines } = task.screen;
  assertEquals(code, 0, lines.join("\n"));
  // Deno's own words: downloads, packages it sets up, hints about experimental features.
  assert(!/Download|Initialize|Warning|experimental/.test(task.text), task.text);
  if (mayAsk) return lines;
  assertMatch(lines[0] ?? "", new RegExp(`^Task ${args[0]} deno task -q `));
  const first = lines.findIndex((_, i) => isCommand(lines.slice(0, i + 1).join(""), args));
  return lines.slice(first + 1);
}

/** Whether `text` is the whole line by which `deno task` begins, however it was wrapped. */
const isCommand = (text: string, [name = "", ...rest]: readonly string[]) =>
  text.startsWith(`Task ${name} `) &&
  text.endsWith(rest.at(-1) === undefined ? `main.ts ${name}` : ` '${rest.at(-1)}'`);

/** Writes or copies a document of each kind that is read into a new folder; how many. */
async function copyDocuments(to: string): Promise<number> {
  await Deno.mkdir(to);
  const prose = "The lighthouse keeper wrote down the wind, the swell and every ship. ".repeat(20);
  const html = `<html><title>T</title><body><main><p>${prose}</p></main></body></html>`;
  const response = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n${html}`;
  await Deno.writeTextFile(
    join(to, "one.warc"),
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n" +
      "WARC-Record-ID: <urn:uuid:6f1c2f6e-9d55-4a6e-8d5e-2d7f3f4b5a61>\r\n" +
      "WARC-Target-URI: http://example.org/\r\nContent-Type: application/http; msgtype=response\r\n" +
      `Content-Length: ${response.length}\r\n\r\n${response}\r\n\r\n`,
  );
  await Deno.writeTextFile(join(to, "one.csv"), `id,body\n1,"A table. ${prose}"\n`);
  await Deno.writeTextFile(join(to, "one.html"), html.replace("The light", "Another light"));
  await Deno.writeTextFile(join(to, "one.md"), `# Title\n\nMarkdown. ${prose}`);
  const kinds = ["pdf", "docx", "xlsx", "pptx", "odt", "epub", "eml", "parquet"];
  const names: string[] = [];
  for await (const { name } of Deno.readDir(DOCUMENTS)) names.push(name);
  for (const kind of kinds) {
    const name = names.sort().find((name) => name.endsWith(`.${kind}`));
    assert(name !== undefined, kind);
    await Deno.copyFile(join(DOCUMENTS, name), join(to, name));
  }
  return kinds.length + 4;
}

for (const engine of ["fast", "dom"]) {
  test(`every kind of document is read and nothing is asked, with --extract ${engine}`, async () => {
    await using folder = await openFolder();
    const documents = join(folder.path, "documents");
    const files = await copyDocuments(documents);
    const output = join(folder.path, "text.jsonl");
    const flags = ["--output", output, "--min-chars", "1", "--text-field", "body"];
    const lines = await shown(["text", ...flags, "--extract", engine, documents], 120);
    const kept = (await Deno.readTextFile(output)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const from = new Set(kept.map(({ url }) => /[^/#?]+\.\w+/.exec(url.split("/").at(-1))?.[0]));
    assert(from.size >= files, `${[...from].join(" ")}\n${lines.join("\n")}`);
    // The book and the table are damaged on purpose, in one place each.
    assert(!/timeout|unreadable|broke down/.test(lines.join("\n")), lines.join("\n"));
    assertMatch(lines.at(-1) ?? "", /^Pages: \d+ seen, \d+ documents kept, /);
  });
}

test("Ctrl-C stops a run, which says how to go on; nothing of the status is left over", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 24 });
  for (const columns of WIDTHS) {
    const runDir = join(folder.path, `run${columns}`);
    const flags = ["--run", runDir, "--steps", "5000", ...SMALL];
    await using task = startTask(["pipeline", ...flags, corpus], { columns });
    await task.until(/step [2-9]\/5000/);
    await task.type("\x03");
    await task.until(/stopping after this step; Ctrl-C again ends at once {2}\d+:\d\d/);
    assertEquals(await task.ended, 130, task.text);
    const { lines } = task.screen;
    const text = lines.join(" ");
    const [, step = ""] = /Stopped at step (\d+), saved /.exec(text) ?? [];
    assert(Number(step) >= 2, lines.join("\n"));
    assert(text.endsWith(`go on with: deno task pipeline --run ${runDir}`), lines.join("\n"));
    assert(!text.includes("^C"), lines.join("\n"));
    // One block, as it was drawn last: each stage once, the headline from the first column.
    const block = lines.slice(lines.findIndex((line) => /^crawl|^read/.test(line)) - 1);
    assertMatch(block[0] ?? "", /^stopped {2}\d+:\d\d$/);
    for (
      const name of ["extract", "refine", "journal", "tokenize", "train", "checkpoint", "loss"]
    ) {
      assertEquals(lines.filter((line) => line.startsWith(`${name} `)).length, 1, lines.join("\n"));
    }
    assert(!lines.some((line) => /(?!^)(stopping|training|collecting)/.test(line)), text);
  }
});

test("every task begins and ends without a question", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 24 });
  const runDir = join(folder.path, "run");
  const lines = await shown(
    ["pipeline", "--run", runDir, "--steps", "3", ...SMALL, corpus],
    120,
  );
  assertMatch(
    lines.join("\n"),
    /Trained 3 steps on [\d,]+ tokens\.\n.*\nVerdict: [^]*\nNext: [^]*\n\nSample: /,
  );
  const checkpoint = join(runDir, "checkpoints/step-000003");
  const tasks: [expected: RegExp, ...args: string[]][] = [
    [/Manifest/, "inspect", runDir],
    [/All as recorded\.$/, "verify", runDir],
    [/tokens {2}/, "trace", "--run", runDir, "--step", "2"],
    [/\S/, "generate", "--run", runDir, "--prompt", "The", "--max-tokens", "4"],
    [/Read back: perplexity 1\.0/, "export", "--run", runDir, "--output", join(folder.path, "out")],
    [/loss|nats/, "eval", "--run", runDir, checkpoint],
    [/relaxed: \d+ bytes/, "kernels"],
    [/Usage: deno task crawl/, "crawl", "--help"],
    [/Usage: deno task train/, "train", "--help"],
    [/Usage: deno task tokens/, "tokens", "--help"],
  ];
  for (const [expected, ...args] of tasks) {
    for (const columns of WIDTHS) {
      const text = (await shown(args, columns)).join("\n");
      assertMatch(text, expected);
    }
  }
  for (const name of ["serve", "dashboard"]) {
    for (const columns of WIDTHS) {
      const from = name === "serve" ? ["--run", runDir] : [runDir];
      await using task = startTask([name, "--port", "0", ...from], {
        columns,
        mayAsk: columns > 80,
      });
      await task.until(/ on http:\/\/127\.0\.0\.1:\d+/);
      await task.type("\x03");
      assert([0, 130].includes(await task.ended), task.text);
    }
  }
});
