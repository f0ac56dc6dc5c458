import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../../cli/flags.ts";
import { commandLine } from "../../../run/settings/command_line.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { openFolder } from "../../commands/program.ts";

const settingsFor = (words: readonly string[]) =>
  settingsOf(parseFlags(words, { flags: PIPELINE_FLAGS })).wanted;

Deno.test("a command line comes to the settings it was made of, and has nothing by default", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "a file.ts");
  await Deno.writeTextFile(file, "");
  const lines = [
    [],
    ["--preset", "base"],
    ["--context", "512", "--steps", "60"],
    ["--preset", "small", "--seed", "7", "--seconds", "30"],
    ["--preset", "small", "--optimizer", "adamw", "--vocab", "8192", "--patience", "0"],
    ["--include", "https://example.org/docs/*", "--include", "b", "--allow-private", "/my notes"],
    ["--quality", `${file},${file}`, "--quality-threshold", "0.2", "--comments"],
    ["--filters", "c4,fineweb", "--language", "en,de", "--near-duplicates", "--dedup-against", "x"],
    ["--stage", `refine:${file}`, "--warm-up-corpus", "9", "--hold-out", "by-hash"],
    ["--replicas", "2", "--inner-steps", "5", "--deltas", "int8", "--order", "stored"],
    ["--init", "model", "--learning-rate", "0.001", "--guard", "0"],
  ];
  for (const words of lines) {
    const settings = settingsFor(words);
    const line = commandLine({ settings, root: "runs/next" });
    const [, , , , root, ...again] = wordsOf(line);
    assertEquals([line.startsWith("deno task pipeline --run "), root], [true, "runs/next"]);
    assertEquals(settingsFor(again), settings, line);
    assertEquals(again.length, words.length, line);
  }
});

/** Words as a shell takes them apart, of a line without quotes within quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

Deno.test("what chose preset and steps is left out, and a file of limits is named FILE", () => {
  const chosen = settingsFor(["--preset", "base", "--steps", "70"]);
  assertEquals(
    commandLine({ settings: { ...chosen, hours: 2 }, root: "a b" }),
    "deno task pipeline --run 'a b' --preset base --steps 70",
  );
  const { limits } = chosen;
  const strict = { ...limits, "gopher-quality": { ...limits["gopher-quality"], min_doc_words: 9 } };
  const settings = { ...settingsFor(["--filters", "gopher-quality"]), limits: strict };
  assertEquals(
    commandLine({ settings, root: "a" }),
    "deno task pipeline --run a --filters gopher-quality --filter-settings FILE",
  );
});
