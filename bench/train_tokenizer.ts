/**
 * Our trainer on the same job as Hugging Face's, in a process of its own for its memory.
 *
 * @module
 */
import { formatTokenizer, trainTokenizer } from "../stages/tokenize/mod.ts";
import { type JobReport, peakMiB, type TrainJob } from "./hugging_face.ts";

/** Size of the vocabulary that Hugging Face's package trains. */
const VOCAB = 30_000;

/** Each line of the files as a text of its own, with its line feed, as Hugging Face reads them. */
async function* lines(files: readonly string[]): AsyncGenerator<string, void> {
  for (const path of files) {
    const file = await Deno.open(path);
    let rest = "";
    for await (const piece of file.readable.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + piece).split(/(?<=\n)/);
      rest = parts.pop() as string;
      if (rest.endsWith("\n")) parts.push(rest), rest = "";
      yield* parts;
    }
    if (rest !== "") yield rest;
  }
}

async function doJob({ files, output }: TrainJob): Promise<JobReport> {
  const start = performance.now();
  const tokenizer = await trainTokenizer(lines(files), {
    vocabSize: VOCAB + 1,
    minFrequency: 1,
    // Ours needs an end-of-text token, theirs has none.
    specialTokens: ["<|endoftext|>"],
    initialAlphabet: [],
  });
  const seconds = [(performance.now() - start) / 1000];
  const peak = peakMiB();
  await Deno.writeTextFile(output, formatTokenizer(tokenizer));
  return { seconds, peakMiB: peak, tokens: tokenizer.vocabSize };
}

if (import.meta.main) console.log(JSON.stringify(await doJob(JSON.parse(Deno.args[0] as string))));
