/**
 * What `bench --help` says: each question in the words of its own file.
 *
 * @module
 */
import { wrap } from "../cli/help.ts";

/** Every question with its first sentence. */
export async function describeQuestions(names: readonly string[]): Promise<string> {
  const width = Math.max(...names.map((name) => name.length));
  const rows = await Promise.all(names.map(async (name) => {
    const [question = ""] = /^.*?[.?](?= |$)/.exec((await docsOf(name)).about) ?? [];
    const lines = wrap(question, 76 - width);
    return lines.map((line, i) => `  ${(i === 0 ? name : "").padEnd(width)}  ${line}`);
  }));
  return [
    "Answers a question about speed, in this machine's own figures.",
    "",
    "Usage: deno task bench QUESTION [flags]",
    "",
    "Questions:",
    ...rows.flat(),
    "",
    "deno task bench QUESTION --help shows the flags of one.",
  ].join("\n");
}

/** What the file of a question says of it, and of its flags. */
export async function describeQuestion(name: string): Promise<string> {
  const { about, run } = await docsOf(name);
  return [...wrap(about, 80), "", ...wrap(run, 80)].join("\n");
}

async function docsOf(name: string): Promise<{ about: string; run: string }> {
  const source = await Deno.readTextFile(new URL(`./${name}.ts`, import.meta.url));
  const [, about] = /\/\*\*(.*?)\*\//s.exec(source) ?? [];
  const plain = (text = "") =>
    text.replaceAll(/^ *\*/gm, "").replace("@module", "").replaceAll(/\s+/g, " ").trim();
  const [, run] = /\/\*\*((?:(?!\*\/).)*)\*\/\nexport async function run\(/s.exec(source) ?? [];
  return { about: plain(about), run: plain(run) };
}
