/**
 * The composition: the stages of a run, from pages to the report of each step. Resources are opened
 * above it (run.ts, ingest/, trainer.ts), and the summary is below it (finish/).
 *
 * @module
 */
import { batch, type BatchOptions } from "../stages/batch/mod.ts";
import { checkpoint, type CheckpointOptions } from "../stages/checkpoint/mod.ts";
import { extract, type ExtractOptions } from "../stages/extract/mod.ts";
import type { JournalEnds } from "../stages/journal/mod.ts";
import { refine, type RefineOptions } from "../stages/refine/mod.ts";
import { site, type SiteOptions } from "../stages/site/mod.ts";
import { report, type ReportOptions } from "../stages/report/mod.ts";
import { epochs, type EpochsOptions, store, type StoreOptions } from "../stages/store/mod.ts";
import { tokenize, type TokenizeOptions } from "../stages/tokenize/mod.ts";
import { train, type TrainOptions } from "../stages/train/mod.ts";
import type { Barrier, Batch, Document, Page } from "../stages/types.ts";
import { type CustomStages, inTurn } from "./ingest/custom_stages.ts";
import { newDocuments, type NewDocumentsOptions } from "./ingest/new_documents.ts";

/** The stages from pages to documents. */
export interface DocumentStages {
  readonly pages: ReadableStream<Page | Barrier>;
  readonly extract: ExtractOptions;
  /** Takes out what sites repeat; off without it. */
  readonly site?: SiteOptions;
  readonly refine: RefineOptions;
  /** User stages, after each of the two. */
  readonly custom?: CustomStages;
}

/** Pages to their refined text. */
export function documentsOf(stages: DocumentStages): ReadableStream<Document | Barrier> {
  const extracted = stages.pages.pipeThrough(extract(stages.extract));
  const own = stages.site ? extracted.pipeThrough(site(stages.site)) : extracted;
  return own
    .pipeThrough(inTurn(stages.custom?.extract))
    .pipeThrough(refine(stages.refine))
    .pipeThrough(inTurn(stages.custom?.refine));
}

/** The stages from documents to the journal. */
export interface CollectStages {
  /** Refined, from one machine or several. */
  readonly documents: ReadableStream<Document | Barrier>;
  readonly newDocuments: NewDocumentsOptions;
  readonly journal: JournalEnds<Barrier>;
}

/** Documents to the disk; ends when the sources have. */
export async function collect(stages: CollectStages): Promise<void> {
  await stages.documents
    .pipeThrough(newDocuments(stages.newDocuments))
    .pipeTo(stages.journal.writable);
}

/** The stages from stored documents to the report of each step. */
export interface LearnStages {
  readonly journal: JournalEnds<Barrier>;
  readonly tokenize: TokenizeOptions;
  readonly store: StoreOptions;
  readonly epochs: EpochsOptions;
  readonly batch: BatchOptions;
  readonly train: TrainOptions;
  readonly checkpoint: CheckpointOptions;
  readonly report: ReportOptions;
}

/** Documents on the disk to weights; ends when training has. */
export async function learn(stages: LearnStages): Promise<void> {
  await stages.journal.readable
    .pipeThrough(tokenize(stages.tokenize))
    .pipeThrough(store(stages.store))
    .pipeThrough(epochs(stages.epochs))
    .pipeThrough(batch(stages.batch))
    .pipeThrough(train(stages.train))
    .pipeThrough(checkpoint(stages.checkpoint))
    .pipeTo(report(stages.report));
}

/** The stages of training on tokens already in a store. */
export type StoredLearnStages = Omit<LearnStages, "journal" | "tokenize" | "store">;

/** Stored tokens to weights: {@linkcode learn} without its first stages. */
export async function learnStored(stages: StoredLearnStages): Promise<void> {
  const batches = ReadableStream.from<never>([])
    .pipeThrough(epochs(stages.epochs))
    .pipeThrough(batch(stages.batch));
  await learnBatches({ ...stages, batches });
}

/** The stages of training on batches. */
export interface BatchLearnStages extends Pick<LearnStages, "train" | "checkpoint" | "report"> {
  readonly batches: ReadableStream<Batch>;
}

/** Batches to weights: the last stages of {@linkcode learn}. */
export async function learnBatches(stages: BatchLearnStages): Promise<void> {
  await stages.batches
    .pipeThrough(train(stages.train))
    .pipeThrough(checkpoint(stages.checkpoint))
    .pipeTo(report(stages.report));
}
