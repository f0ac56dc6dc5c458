/**
 * How fast does the tokenizer encode and train, against gpt-tokenizer in the same run?
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encode as encodeCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as encodeR50k } from "gpt-tokenizer/encoding/r50k_base";
import { parseTiktoken, parseTokenizer, trainTokenizer } from "../tokenizer/mod.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";
import { addressPaths, readAddresses } from "./addresses.ts";
import { runHuggingFace } from "./hugging_face.ts";
import { compareTraining, type TrainingComparison, writeCorpus } from "./tokenizer_training.ts";

const FIXTURE = new URL("../tests/fixtures/bpe/tokenizer.json", import.meta.url);
const RANKS = [
  { name: "r50k_base", split: "gpt2", endOfText: 50256, theirs: encodeR50k },
  { name: "cl100k_base", split: "gpt4", endOfText: 100257, theirs: encodeCl100k },
] as const;
const VOCAB = 8192;
const LARGE_MEGABYTES = 100;

/**
 * Runs `bench tokenizer [--rounds N] [--hugging-face] [--python PYTHON] [--json]`. Hugging Face's
 * library is fetched when it is asked for, and runs in a process with all permissions, so this needs
 * them, too. With `--python` training is compared with the library in that interpreter, which takes
 * any size of vocabulary, and encoding is left out.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({
    args,
    options: { rounds: TEXT, python: TEXT, json: SWITCH, "hugging-face": SWITCH },
  }).values;
  const rounds = Number(flags.rounds ?? 5);
  const texts = await readAddresses();
  const print = (result: unknown) => console.log(flags.json ? JSON.stringify(result) : result);
  const megabytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0) /
    1e6;
  if (flags.python !== undefined) {
    return print({ train: await trainings(texts, { megabytes, python: flags.python }) });
  }
  const encode: Record<string, unknown> = {};
  for (const { name, split, endOfText, theirs } of RANKS) {
    const path = new URL(import.meta.resolve(`gpt-tokenizer/data/${name}.tiktoken`));
    const tokenizer = parseTiktoken(await Deno.readTextFile(path), {
      source: name,
      split,
      specials: [{ id: endOfText, content: "<|endoftext|>" }],
    });
    encode[name] = compare(texts, {
      rounds,
      megabytes,
      ours: (text) => tokenizer.encode(text),
      theirs,
    });
  }
  const own = parseTokenizer(await Deno.readTextFile(FIXTURE), { source: FIXTURE.pathname });
  const ownSeconds = timed(texts, {
    rounds,
    encoders: [(text) => own.encode(text)],
  })[0] as number[];
  const trainSeconds: number[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const start = performance.now();
    await trainTokenizer(texts, { vocabSize: VOCAB });
    trainSeconds.push((performance.now() - start) / 1000);
  }
  const result = {
    megabytes,
    encode: { ...encode, own_4096: { megabytesPerSecond: megabytes / median(ownSeconds) } },
    train: { vocabSize: VOCAB, seconds: median(trainSeconds) },
    ...(flags["hugging-face"] && {
      huggingFace: await compareHuggingFace({ texts, megabytes, rounds, own: ownSeconds }),
    }),
  };
  print(result);
}

/** Encoding of the corpus, and training on it and on 100 MB, against Hugging Face's library. */
async function compareHuggingFace(
  { texts, megabytes, rounds, own }: {
    texts: readonly string[];
    megabytes: number;
    rounds: number;
    own: readonly number[];
  },
) {
  const tokenizer = FIXTURE.pathname;
  const files = await addressPaths();
  const encoded = await runHuggingFace({ kind: "encode", files, tokenizer, rounds });
  return {
    encode: {
      megabytesPerSecond: megabytes / median(encoded.seconds),
      ratio: median(encoded.seconds) / median(own),
      tokens: encoded.tokens,
    },
    train: await trainings(texts, { megabytes, python: undefined }),
  };
}

/** Training on the corpus and on 100 MB made of it, against Hugging Face's library. */
async function trainings(
  texts: readonly string[],
  { megabytes, python }: { megabytes: number; python: string | undefined },
): Promise<TrainingComparison[]> {
  await Deno.mkdir("runs", { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "runs" });
  try {
    const large = join(dir, "large.txt");
    await writeCorpus(large, { corpus: texts.join("\n\n"), megabytes: LARGE_MEGABYTES });
    const shared = { dir, vocab: VOCAB, python };
    return [
      await compareTraining(await addressPaths(), { ...shared, megabytes }),
      await compareTraining([large], { ...shared, megabytes: LARGE_MEGABYTES }),
    ];
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

interface Comparison {
  readonly rounds: number;
  readonly megabytes: number;
  readonly ours: (text: string) => ArrayLike<number>;
  readonly theirs: (text: string) => ArrayLike<number>;
}

/** Median MB/s of both, rounds taken in turns; they must agree on every token. */
function compare(texts: readonly string[], { rounds, megabytes, ours, theirs }: Comparison) {
  for (const text of texts) {
    const [a, b] = [ours(text), theirs(text)];
    if (a.length !== b.length || Array.from(a).some((id, i) => id !== b[i])) {
      throw new Error("Cannot compare: the two encode differently");
    }
  }
  const [mine, other] = timed(texts, { rounds, encoders: [ours, theirs] })
    .map((seconds) => megabytes / median(seconds)) as [number, number];
  return { megabytesPerSecond: mine, gptTokenizer: other, ratio: mine / other };
}

/** Seconds of each round over all texts, by encoder. */
function timed(
  texts: readonly string[],
  { rounds, encoders }: { rounds: number; encoders: ((text: string) => unknown)[] },
): number[][] {
  const seconds: number[][] = encoders.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, encode] of encoders.entries()) {
      const start = performance.now();
      for (const text of texts) encode(text);
      // The first round warms up.
      if (round > 0) seconds[i]?.push((performance.now() - start) / 1000);
    }
  }
  return seconds;
}
