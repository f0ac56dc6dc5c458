/**
 * Our engine beside llama.cpp (node-llama-cpp under Node), on the same GGUF files that we export, by
 * turns: prompts read and tokens decoded, of one text and of sixteen.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../cli/flags.ts";
import { type Engine, openWasmEngine, type WeightFormat } from "../engine/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { type GgufType, readGguf, writeGguf } from "../model/gguf/mod.ts";
import { initParameters } from "../model/init.ts";
import { createLayout } from "../model/layout.ts";
import { type LineProcess, openLineProcess } from "./line_process.ts";
import { median } from "./median.ts";

const PACKAGE = "node-llama-cpp@3.22.1";
/** Where the package is unless told. */
export const LLAMA_FOLDER = "runs/node-llama-cpp";

/** Each format of a file, and how our engine keeps its weights. */
const FORMATS: Readonly<Partial<Record<GgufType, WeightFormat>>> = { f32: "f32", q8_0: "int8" };
/** A job: texts at once, tokens of each prompt, and steps after it. */
const JOBS = {
  prefill1: { sequences: 1, prompt: 256, steps: 0 },
  prefill16: { sequences: 16, prompt: 32, steps: 0 },
  decode1: { sequences: 1, prompt: 16, steps: 32 },
  decode16: { sequences: 16, prompt: 16, steps: 16 },
} as const;
type Job = (typeof JOBS)[keyof typeof JOBS];
/** Steps that are not timed: the first ones wake threads. */
const WARM = 2;

interface Times {
  readonly promptMs: number;
  readonly stepMs: number;
}

/** Tokens per second, and how many times theirs ours is: the median of the rounds' ratios. */
export interface LlamaFigures {
  readonly ours: number;
  readonly llamaCpp: number;
  readonly ratio: number;
}

/**
 * Measures every job in every format, in turns; a round is ours and then theirs.
 *
 * @throws {UsageError} where node-llama-cpp is not in `folder`
 */
export async function compareLlama(
  config: ModelConfig,
  { workers, rounds, folder, scratch }: {
    workers: number;
    rounds: number;
    /** Where the package is installed. */
    folder: string;
    /** For the files. */
    scratch: string;
  },
) {
  if (!await exists(join(folder, "node_modules/node-llama-cpp/package.json"))) {
    throw new UsageError(
      `Cannot bench beside llama.cpp: ${folder} has no node-llama-cpp; install it with ` +
        `\`npm install --ignore-scripts --prefix ${folder} ${PACKAGE}\`, ` +
        "or name another folder with --llama-folder",
    );
  }
  const script = new URL("compare/llama_cpp.mjs", import.meta.url).pathname;
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  const figures: Record<string, Record<string, LlamaFigures>> = {};
  let about: unknown;
  for (const [type, weights] of Object.entries(FORMATS) as [GgufType, WeightFormat][]) {
    const path = join(scratch, `model-${type}.gguf`);
    const tokenizerJson = pairVocabulary(config.vocab_size);
    await writeGguf(path, { config, layout, parameters, tokenizerJson, split: "gpt2", type });
    const read = new Float32Array(layout.length);
    await readGguf(path, { config, layout, parameters: read });
    const { num_hidden_layers: L, hidden_size: D } = config;
    // Keys and values of sixteen texts of at most 64 tokens, and of some prompts that are cached.
    const cacheBytes = 2048 * 2 * L * D * 4;
    await using engine = await openWasmEngine({
      config,
      parameters: read,
      workers,
      weights,
      cacheBytes,
    });
    await using llama = openLineProcess("node", [script, folder, path, `${workers}`]);
    about = await llama.ask();
    figures[type] = await compareJobs({ engine, llama, rounds });
    await Deno.remove(path);
  }
  return { about, rounds, ...figures };
}

async function compareJobs(
  { engine, llama, rounds }: { engine: Engine; llama: LineProcess; rounds: number },
): Promise<Record<string, LlamaFigures>> {
  const figures: Record<string, LlamaFigures> = {};
  let texts = 0;
  for (const [name, job] of Object.entries(JOBS)) {
    const ours: number[] = [];
    const theirs: number[] = [];
    // The first round warms code and memory up.
    for (let round = 0; round <= rounds; round++) {
      const [our, their] = [
        await work(engine, { job, text: texts }),
        await llama.ask<Times>(JSON.stringify(job)),
      ];
      texts += job.sequences;
      if (round === 0) continue;
      ours.push(tokensPerSecond(job, our));
      theirs.push(tokensPerSecond(job, their));
    }
    figures[name] = {
      ours: median(ours),
      llamaCpp: median(theirs),
      ratio: median(ours.map((rate, i) => rate / (theirs[i] ?? NaN))),
    };
  }
  return figures;
}

function tokensPerSecond({ sequences, prompt, steps }: Job, { promptMs, stepMs }: Times): number {
  return 1000 * sequences * (steps === 0 ? prompt / promptMs : 1 / stepMs);
}

/** The job on our engine; as in llama.cpp's process the next token is given, not chosen. */
async function work(
  engine: Engine,
  { job: { sequences: count, prompt, steps }, text }: { job: Job; text: number },
): Promise<Times> {
  using stack = new DisposableStack();
  const { vocab_size: V } = engine.config;
  const maxTokens = WARM + steps + 1;
  const sequences = Array.from({ length: count }, (_, i) => {
    // No two begin alike: nothing of a prompt is known.
    const ids = Array.from({ length: prompt }, (_, at) => ((text + i) * 389 + at * 7) % V);
    return stack.use(engine.createSequence(ids, { maxTokens }));
  });
  const start = performance.now();
  const waiting = new Set(sequences);
  while (waiting.size > 0) {
    const asked = [...waiting];
    for (const [i, logits] of (await engine.step(asked)).entries()) {
      const done = asked[i];
      if (logits && done) waiting.delete(done);
    }
  }
  const promptMs = performance.now() - start;
  let begun = performance.now();
  for (let step = 0; steps > 0 && step < WARM + steps; step++) {
    if (step === WARM) begun = performance.now();
    for (const [i, sequence] of sequences.entries()) sequence.append((step + i) * 389 % V);
    await engine.step(sequences);
  }
  return { promptMs, stepMs: (performance.now() - begun) / steps };
}

/** tokenizer.json of the 256 bytes and as many pairs of them as fill the vocabulary. */
function pairVocabulary(size: number): string {
  // The 256 characters that stand for bytes, in GPT-2's order.
  const printable = [[33, 126], [161, 172], [174, 255]]
    .flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const others = Array.from({ length: 256 - printable.length }, (_, i) => 256 + i);
  const bytes = [...printable, ...others].map((code) => String.fromCodePoint(code));
  const merges = Array.from({ length: size - 257 }, (_, i): [string, string] => [
    bytes[i >> 8] ?? "",
    bytes[i & 255] ?? "",
  ]);
  const words = ["<|endoftext|>", ...bytes, ...merges.map((pair) => pair.join(""))];
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  return JSON.stringify({ model: { vocab, merges } });
}
