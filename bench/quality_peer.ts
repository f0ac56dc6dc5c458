/**
 * PyTorch beside the quality bench: a model of the same width, on the same addresses, for as long.
 *
 * @module
 */
import { type Corpus, heldOutBatches } from "./quality_corpus.ts";
import { openLineProcess } from "./line_process.ts";

const SCRIPT = new URL("compare/pytorch_quality.py", import.meta.url).pathname;

/** What the peer's run came to. */
export interface PeerRun {
  /** Version of PyTorch. */
  readonly torch: string;
  readonly steps: number;
  readonly tokensPerSecond: number;
  /** Mean nats per token of the validation windows. */
  readonly validation: number;
  /** Mean nats per token of the test windows. */
  readonly test: number;
}

/** Trains PyTorch's model with the interpreter `python` for `seconds` on windows of `cols` tokens. */
export async function measurePeer(
  { train, validation, test, tokenizer }: Corpus,
  { python, seconds, cols }: { python: string; seconds: number; cols: number },
): Promise<PeerRun> {
  await using child = openLineProcess(python, [SCRIPT, `${seconds}`]);
  return await child.ask(JSON.stringify({
    vocab: tokenizer.vocabSize,
    cols,
    train: train.flatMap(({ ids }) => [...ids]),
    validation: await windowsOf(validation, cols),
    test: await windowsOf(test, cols),
  }));
}

/** The windows that our models are judged by, each with the token after it. */
async function windowsOf(ids: Int32Array, cols: number): Promise<number[][]> {
  const windows: number[][] = [];
  for await (const { inputIds, targetIds } of heldOutBatches(ids, { rows: 1, cols })) {
    windows.push([...inputIds, ...targetIds.subarray(-1)]);
  }
  return windows;
}
