/**
 * Constants that a run's metrics need: bytes per token, operations per token, and the machine's
 * peak rate of them.
 *
 * @module
 */
import { bytesOf } from "../evaluation/score_texts.ts";
import type { ValidationSet } from "../evaluation/validation_set.ts";
import { compileKernels, FMA_PEAK_FLOPS, hasSimd256, instantiateKernels } from "../kernels/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { trainingFlopsPerToken } from "../model/flops.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { RunConstants } from "../stages/report/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** UTF-16 code units of the corpus on which bytes per token are measured. */
const SAMPLE_CHARS = 256 * 1024;
/** Calls and iterations of the peak's loop: some 20 ms, after V8 has optimised it. */
const PEAK = { warmup: 2000, calls: 9, iterations: 1 << 19 };

/** Measures the constants once, before the first step. */
export async function measureConstants(
  { journal, validation, tokenizer, config, cols, workers }: {
    journal: Journal;
    validation: Pick<ValidationSet, "parts" | "tokens">;
    tokenizer: Tokenizer;
    config: ModelConfig;
    cols: number;
    workers: number;
  },
): Promise<RunConstants> {
  // Workers beyond the cores add nothing.
  const cores = Math.min(workers, navigator.hardwareConcurrency);
  const scoredBytes = validation.parts.reduce((sum, { ids }) => sum + bytesOf(ids, tokenizer), 0);
  return {
    bytesPerToken: await measureBytesPerToken(journal, tokenizer),
    ...validation.tokens > 0 && { validationBytesPerToken: scoredBytes / validation.tokens },
    flopsPerToken: trainingFlopsPerToken(config, { cols }),
    // 256-bit vectors, where products use them, double the peak.
    peakFlops: cores * await measurePeakFlops() * (hasSimd256() ? 2 : 1),
  };
}

async function measureBytesPerToken(journal: Journal, tokenizer: Tokenizer): Promise<number> {
  let [chars, bytes, tokens] = [0, 0, 0];
  for await (const { text } of journal.documents()) {
    chars += text.length;
    bytes += new TextEncoder().encode(text).length;
    // Includes the end-of-document token, which is predicted too.
    tokens += tokenizer.encode(text).length + 1;
    if (chars >= SAMPLE_CHARS) break;
  }
  return bytes / tokens;
}

/** Peak of register-only multiply-adds on one core, in operations per second: the best of a few calls. */
async function measurePeakFlops(): Promise<number> {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const kernels = instantiateKernels(await compileKernels(), memory);
  // V8 switches to optimised code between calls, never inside one.
  for (let i = 0; i < PEAK.warmup; i++) kernels.fma_peak(100);
  let fastestMs = Infinity;
  for (let i = 0; i < PEAK.calls; i++) {
    const start = performance.now();
    kernels.fma_peak(PEAK.iterations);
    fastestMs = Math.min(fastestMs, performance.now() - start);
  }
  return PEAK.iterations * FMA_PEAK_FLOPS / (fastestMs / 1000);
}
