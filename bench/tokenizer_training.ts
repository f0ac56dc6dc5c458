/**
 * How long does training a tokenizer take, and how much memory, against Hugging Face's trainer on
 * the same texts? Both must learn the same merges.
 *
 * @module
 */
import { join } from "node:path";
import { generateDocuments } from "./generated_corpus.ts";
import {
  type JobReport,
  PACKAGE_VOCAB,
  runHuggingFace,
  runJob,
  trainByPython,
  type TrainJob,
} from "./hugging_face.ts";
import { median } from "./median.ts";

/** Both trainers on one corpus. */
export interface TrainingComparison {
  readonly megabytes: number;
  readonly vocab: number;
  readonly ours: JobReport;
  readonly huggingFace: JobReport;
  /** Ours over theirs. */
  readonly seconds: number;
  readonly peakMemory: number;
  /** The same of what training adds to the idle process. */
  readonly addedMemory: number;
  /** Merges of theirs, every one of which is ours, too. */
  readonly sameMerges: number;
}

/**
 * Trains with both on `files`, in folder `dir`: `vocab` tokens against Hugging Face's package for
 * the interpreter `python`, or 30,000 against their package for Node.
 */
export async function compareTraining(
  files: readonly string[],
  { dir, megabytes, vocab, python }: {
    dir: string;
    megabytes: number;
    vocab: number;
    python: string | undefined;
  },
): Promise<TrainingComparison> {
  const script = new URL("train_tokenizer.ts", import.meta.url).pathname;
  const tokens = python === undefined ? PACKAGE_VOCAB : vocab;
  const job = (name: string): TrainJob => ({
    kind: "train",
    files,
    output: join(dir, name),
    vocab: tokens,
  });
  const ours = await runJob(script, job("ours.json"));
  const huggingFace = python === undefined
    ? await runHuggingFace(job("theirs.json"))
    : await trainByPython(python, job("theirs.json"));
  return {
    megabytes,
    vocab: tokens,
    ours,
    huggingFace,
    seconds: median(ours.seconds) / median(huggingFace.seconds),
    peakMemory: ours.peakMiB / huggingFace.peakMiB,
    addedMemory: (ours.peakMiB - ours.idleMiB) / (huggingFace.peakMiB - huggingFace.idleMiB),
    sameMerges: await countSameMerges(job("ours.json").output, job("theirs.json").output),
  };
}

async function countSameMerges(...paths: [string, string]): Promise<number> {
  const [ours, theirs] = await Promise.all(paths.map(async (path) => {
    const { model: { merges } } = JSON.parse(await Deno.readTextFile(path));
    return merges as unknown[];
  })) as [unknown[], unknown[]];
  const differs = theirs.findIndex((merge, i) => String(merge) !== String(ours[i]));
  if (differs >= 0) {
    throw new Error(
      `Cannot compare: merge ${differs} is "${ours[differs]}" here, "${theirs[differs]}" there`,
    );
  }
  return theirs.length;
}

/** Writes a generated corpus of `megabytes` to `path`. */
export async function writeCorpus(
  path: string,
  { corpus, megabytes }: { corpus: string; megabytes: number },
): Promise<void> {
  async function* texts(): AsyncGenerator<string, void> {
    for (const { text } of generateDocuments(corpus, megabytes * 1e6)) yield `${text}\n`;
  }
  await ReadableStream.from(texts()).pipeThrough(new TextEncoderStream())
    .pipeTo((await Deno.create(path)).writable);
}
