/**
 * Our trainer on the same job as Hugging Face's, in a process of its own for its memory.
 *
 * @module
 */
import { formatTokenizer, trainTokenizer, utf8Pieces } from "../tokenizer/mod.ts";
import { type JobReport, peakMiB, type TrainJob } from "./hugging_face.ts";

const LINE_FEED = 0x0a;

/** Each line of the files as a text of its own, with its line feed, as Hugging Face reads them. */
async function* lines(files: readonly string[]): AsyncGenerator<Uint8Array, void> {
  for (const path of files) {
    using file = await Deno.open(path);
    let rest = new Uint8Array(); // of a line that goes on in the next piece
    for await (const piece of utf8Pieces(file)) {
      let at = 0;
      for (let end; (end = piece.indexOf(LINE_FEED, at) + 1) > 0; at = end) {
        yield joined(rest, piece.subarray(at, end));
        if (rest.length > 0) rest = new Uint8Array();
      }
      rest = joined(rest, piece.slice(at));
    }
    if (rest.length > 0) yield rest;
  }
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

async function doJob({ files, output, vocab }: TrainJob): Promise<JobReport> {
  const idleMiB = peakMiB();
  const start = performance.now();
  const tokenizer = await trainTokenizer(lines(files), {
    vocabSize: vocab + 1,
    minFrequency: 1,
    // Ours needs an end-of-text token, theirs has none.
    specialTokens: ["<|endoftext|>"],
    initialAlphabet: [],
  });
  const seconds = [(performance.now() - start) / 1000];
  const peak = peakMiB();
  await Deno.writeTextFile(output, formatTokenizer(tokenizer));
  return { seconds, idleMiB, peakMiB: peak, tokens: tokenizer.vocabSize };
}

if (import.meta.main) console.log(JSON.stringify(await doJob(JSON.parse(Deno.args[0] as string))));
