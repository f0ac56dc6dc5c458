/**
 * manifest.json of a run: one digest per stage, and one over all of them. Two runs of one manifest
 * trained the same weights on the same batches of the same text with the same program; nothing in it
 * depends on the clock, on interruptions or on where the run folder is.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import { readIfThere, replaceFile } from "../model/durable.ts";
import type { JournalReader } from "../stages/journal/mod.ts";
import type { StoreReader } from "../stages/store/mod.ts";
import type { Cursor, Split, TokenRun } from "../stages/types.ts";
import { replayBatches } from "./lineage.ts";
import { digestProgram, type ProgramDigest } from "./program_digest.ts";
import type { RunPaths, RunSettings } from "./folder.ts";
import type { TokenizerFile } from "./tokenizer_file.ts";

/** Token runs of one split. */
export interface TokensDigest {
  readonly documents: number;
  readonly tokens: number;
  readonly sha256: string;
}

/** Digests of the weights of a run, and of everything that produced them: SHA-256 in hex. */
export interface Manifest {
  readonly format: 1;
  readonly program: ProgramDigest;
  readonly settings: { readonly sha256: string };
  /** Documents in order, without their fetch time. */
  readonly corpus: { readonly documents: number; readonly sha256: string };
  readonly tokenizer: { readonly vocab: number; readonly sha256: string };
  readonly tokens: Readonly<Record<Split, TokensDigest>>;
  /** Every batch of every step; absent like `weights` where there is no checkpoint. */
  readonly batches?: { readonly steps: number; readonly tokens: number; readonly sha256: string };
  /** Files of the newest checkpoint. */
  readonly weights?: {
    readonly step: number;
    readonly model: string;
    readonly optimizer: string;
  };
  /** Digest over all of the above. */
  readonly sha256: string;
}

/** The open resources of a run. */
export interface RunParts {
  readonly settings: RunSettings;
  readonly journal: JournalReader;
  readonly store: StoreReader;
  readonly tokenizer: TokenizerFile;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Path of a run's manifest. */
export function manifestPath({ root }: RunPaths): string {
  return join(root, "manifest.json");
}

/**
 * Computes a run's manifest from its files.
 *
 * @throws {Error} when the checkpoint does not follow from the batches
 */
export async function createManifest(paths: RunPaths, parts: RunParts): Promise<Manifest> {
  const { settings, journal, store, tokenizer } = parts;
  const tokens = async (split: Split) => await digestRuns(store.read({ split }));
  const body = {
    format: 1 as const,
    program: await digestProgram(),
    settings: { sha256: sha256(JSON.stringify(settings)) },
    corpus: await digestCorpus(journal),
    tokenizer: { vocab: tokenizer.tokenizer.vocabSize, sha256: tokenizer.hash },
    tokens: { train: await tokens("train"), validation: await tokens("validation") },
    ...await digestTraining(paths, parts),
  };
  return { ...body, sha256: sha256(JSON.stringify(body)) };
}

/** Writes the manifest of a run, whose store has been flushed, into its folder. */
export async function recordManifest(paths: RunPaths, parts: RunParts): Promise<void> {
  const manifest = await createManifest(paths, parts);
  await replaceFile(manifestPath(paths), JSON.stringify(manifest, null, 2) + "\n");
}

/** The recorded manifest, or undefined where the run has none. */
export async function readManifest(paths: RunPaths): Promise<Manifest | undefined> {
  const path = manifestPath(paths);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const { sha256: recorded, ...body }: Manifest = JSON.parse(text);
    if (recorded === sha256(JSON.stringify(body))) return { ...body, sha256: recorded };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new SyntaxError(`Cannot read ${path}: it does not match its digest, it is damaged`);
}

/** Digest of token runs in their order. */
export async function digestRuns(runs: AsyncIterable<TokenRun>): Promise<TokensDigest> {
  const hash = createHash("sha256");
  let documents = 0, tokens = 0;
  for await (const { docId, ids } of runs) {
    hash.update(docId).update(ids);
    documents++;
    tokens += ids.length;
  }
  return { documents, tokens, sha256: hash.digest("hex") };
}

async function digestCorpus(journal: JournalReader): Promise<Manifest["corpus"]> {
  const hash = createHash("sha256");
  let documents = 0;
  for await (const { id, url, title, text, lang } of journal.documents()) {
    hash.update(JSON.stringify([id, url, title, text, lang])).update("\n");
    documents++;
  }
  return { documents, sha256: hash.digest("hex") };
}

async function digestTraining(
  { checkpoints }: RunPaths,
  { store, tokenizer }: RunParts,
): Promise<Pick<Manifest, "batches" | "weights">> {
  const newest = await latestCheckpoint(checkpoints);
  if (newest === undefined) return {};
  const { step, totalTokens, cursors: { batch: cursor }, files } = await readCheckpointInfo(newest);
  const hash = createHash("sha256");
  let tokens = 0;
  let end: Cursor | undefined;
  const { vocabSize } = tokenizer.tokenizer;
  // Written by the batch stage, which alone reads its state.
  const options = { store, cursor: cursor as Cursor, vocabSize, steps: step };
  for await (const batch of replayBatches(options)) {
    const { inputIds, targetIds, mask, segmentIds, validTokens } = batch;
    for (const part of [inputIds, targetIds, mask, segmentIds]) if (part) hash.update(part);
    tokens += validTokens;
    end = batch.cursor;
  }
  if (tokens !== totalTokens || JSON.stringify(end) !== JSON.stringify(cursor)) {
    throw new Error(
      `Cannot write a manifest for ${newest}: its ${step} steps over ${totalTokens} tokens do not end where the ` +
        `batches made of the stored tokens do; corpus, tokens and checkpoint are of different runs`,
    );
  }
  return {
    batches: { steps: step, tokens, sha256: hash.digest("hex") },
    weights: {
      step,
      model: files["model.safetensors"]?.sha256 ?? "",
      optimizer: files["optimizer.safetensors"]?.sha256 ?? "",
    },
  };
}
