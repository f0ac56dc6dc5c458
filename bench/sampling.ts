/**
 * Which way of drawing tokens gives the least garbage?
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openModel } from "../run/model_source.ts";
import { splitter } from "../run/hold_out.ts";
import { readSettings, runPaths } from "../run/folder.ts";
import { beginningsOf } from "../run/beginning.ts";
import { generate, type SamplingOptions, Scheduler } from "../engine/mod.ts";
import { readJournal } from "../stages/journal/mod.ts";
import { TEXT } from "./flags.ts";

const TOKENS = 120;
/** Words in a row that make a phrase; one that comes again is a loop. */
const PHRASE = 4;

const SETTINGS: readonly Omit<SamplingOptions, "seed">[] = [
  { temperature: 1 },
  { temperature: 1, topK: 40 },
  { temperature: 1, topP: 0.95 },
  { temperature: 1, topP: 0.9 },
  { temperature: 0.8 },
  { temperature: 0.8, topK: 40 },
  { temperature: 0.8, topP: 0.95 },
  { temperature: 0.8, topK: 40, topP: 0.95 },
  { temperature: 0.8, topK: 40, topP: 0.9 },
  { temperature: 0.8, topK: 20, topP: 0.9 },
  { temperature: 0.7, topK: 40, topP: 0.95 },
  { temperature: 0.6, topK: 40, topP: 0.95 },
  { temperature: 0.5, topK: 40, topP: 0.95 },
  { temperature: 0 },
];

/**
 * Runs `bench sampling --run DIR`: how often a model's text has words that its corpus has not, says a
 * phrase again, and how many different words it has. The held-out documents are measured beside it.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { run: TEXT, texts: TEXT } }).values;
  const { run = "runs/default", texts = "24" } = flags;
  const paths = runPaths(run);
  const settings = await readSettings(paths);
  if (!settings) throw new TypeError(`Cannot measure --run ${run}: it is no run`);
  const journal = await readJournal(paths.corpus);
  const splitOf = splitter(settings.holdOut);
  const known = new Set<string>();
  const prompts: string[] = [];
  const references: string[] = [];
  let index = 0;
  for await (const document of journal.documents()) {
    const { text, title } = document;
    for (const word of wordsOf(text)) known.add(word);
    if (splitOf(index++, document) === "train") continue;
    prompts.push(...beginningsOf(text, { title }));
    references.push(...text.match(/[^]{1,600}/g)?.slice(1, 3) ?? []);
  }
  const count = Number(texts);
  const chosen = Array.from({ length: count }, (_, i) => prompts[i % prompts.length] ?? "");
  console.log("settings | words that are none % | phrases again % | different words in 100");
  console.log(`the corpus | ${describe(references.slice(0, count), known)}`);
  const { engine, codec } = await openModel({ run });
  await using _engine = engine;
  const scheduler = new Scheduler(engine);
  for (const sampling of SETTINGS) {
    const answers = await Promise.all(chosen.map(async (prompt, seed) => {
      let text = "";
      const promptIds = codec.encode(prompt);
      const pieces = generate({
        scheduler,
        codec,
        promptIds,
        maxTokens: TOKENS,
        ...sampling,
        seed,
      });
      for await (const piece of pieces) text += piece.text;
      // The last word may be cut off, and the first belongs to the prompt's last.
      return text.replace(/^\S*|\S*$/g, "");
    }));
    console.log(`${JSON.stringify(sampling)} | ${describe(answers, known)}`);
  }
}

function describe(texts: readonly string[], known: ReadonlySet<string>): string {
  let [words, unknown, phrases, again] = [0, 0, 0, 0];
  const different: number[] = [];
  for (const text of texts) {
    const all = wordsOf(text);
    words += all.length;
    unknown += all.filter((word) => !known.has(word)).length;
    const seen = new Set<string>();
    for (let i = 0; i + PHRASE <= all.length; i++) {
      const phrase = all.slice(i, i + PHRASE).join(" ");
      phrases++;
      if (seen.has(phrase)) again++;
      seen.add(phrase);
    }
    if (all.length >= 50) different.push(100 * new Set(all.slice(0, 50)).size / 50);
  }
  const mean = different.reduce((sum, each) => sum + each, 0) / different.length;
  const percent = (part: number, whole: number) => (100 * part / whole).toFixed(1);
  return `${percent(unknown, words)} | ${percent(again, phrases)} | ${mean.toFixed(0)}`;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
}
