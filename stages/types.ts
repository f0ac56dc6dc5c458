/**
 * The values that flow from stage to stage. Stages import these and never one another.
 *
 * @module
 */
import type { SavedState } from "../model/checkpoint/mod.ts";
import type { SphereCounters } from "../workers/mod.ts";
export type { SphereCounters } from "../workers/mod.ts";

/** Where a record begins in a WARC file. */
export interface WarcPlace {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Byte of the file at which the record, or the gzip member that holds it, begins. */
  readonly offset: number;
}

/** One fetched or read item, before extraction. */
export interface Page {
  /** Canonical URL, or `file:` URL for something read from disk. */
  readonly url: string;
  /** Media type with parameters as the source gave it, e.g. `text/html; charset=utf-8`. */
  readonly contentType: string;
  /** Decoded (decompressed) bytes. */
  readonly body: Uint8Array;
  /** ISO 8601 instant. */
  readonly fetchedAt: string;
  /** Set on pages from a WARC file. */
  readonly warc?: WarcPlace;
  /** Metadata from its file, outside of the body. */
  readonly declared?: Declared;
  /** The browser that ran its scripts, where one did: the body is what they made of it. */
  readonly renderedBy?: string;
  /** Head of the HTTP response, for a page fetched over HTTP. */
  readonly response?: PageResponse;
}

/** The head of an HTTP response, as received. */
export interface PageResponse {
  /** Such as 200. */
  readonly status: number;
  /** In the order received, a name as often as it came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Positions of stages, each under its own name: plain JSON that only the stage itself reads. */
export type Cursors = Readonly<Record<string, unknown>>;

/** A control value in the stream; see barrier.ts. */
export interface Barrier {
  /** Cursors of the stages it has passed. */
  readonly cursors: Cursors;
}

/**
 * A stage from `In` to `Out`. It sends barriers where it receives them, which the type of its input
 * determines.
 */
export type Stage<In, Out> = ReadableWritablePair<Out | Extract<In, Barrier>, In>;

/** The main text of one page. */
export interface Document {
  /** Stable identifier: the first 16 hex digits of SHA-256 over `url`. */
  readonly id: string;
  /** URL of the page that it was made of. */
  readonly url: string;
  /** Empty where the page has none. */
  readonly title: string;
  /** Plain text, NFC, paragraphs separated by one blank line. */
  readonly text: string;
  /** BCP 47 tag declared by the page, `und` when unknown. */
  readonly lang: string;
  /** As the page declares them, each absent where it does not. */
  readonly author?: string;
  /** Day or instant of publication, ISO 8601. */
  readonly date?: string;
  /** A summary, in the page's own words. */
  readonly description?: string;
  /** What the site calls itself. */
  readonly siteName?: string;
  /** Address of the licence where the page links to it, else its name. */
  readonly license?: string;
  /** Keywords. */
  readonly tags?: readonly string[];
  /** ISO 8601 instant. */
  readonly fetchedAt: string;
  /** Set on what came out of a WARC file. */
  readonly warc?: WarcPlace;
  /** The browser that ran the page's scripts, where one did. */
  readonly renderedBy?: string;
  /** Between the extract and the site stage, where both are asked for. */
  readonly layout?: PageLayout;
  /** SHA-256 of `text` in hex; set by the refine stage. */
  readonly contentHash?: string;
  /** ISO 639-1 code of the detected language of `text`. */
  readonly language?: string;
  /** Measurements of the refine stage, by name. */
  readonly scores?: Readonly<Record<string, number>>;
}

/** The blocks of a page, for a look over the whole site. */
export interface PageLayout {
  /** Keys of blocks that the page has once or twice, in its text or not; equal where blocks are alike. */
  readonly few: readonly number[];
  /** The blocks of the text, which a blank line divides, and others that may be some. */
  readonly parts: readonly PagePart[];
}

/** One block of a text. */
export interface PagePart {
  /** Equal for blocks with the same text in elements of the same tags, numbers in it aside. */
  readonly key: number;
  /** Equal for blocks in elements of the same names. */
  readonly place: number;
  /** The same by the innermost of them alone. */
  readonly near: number;
  /** As the document's text would have it. */
  readonly text: string;
  /** Whether the document's text has it. */
  readonly isTaken: boolean;
  /** A heading's level, 0 for another block that names what follows it, -1 for all others. */
  readonly leads: number;
}

/** Metadata of a text, from outside of the text. */
export type Declared = Partial<Pick<Document, "title" | "author" | "date" | "description">>;

/** Which part of the corpus a document belongs to. */
export type Split = "train" | "validation";

/** One document as token ids; the last id is the end-of-document id. */
export interface TokenRun {
  /** {@linkcode Document.id} of its document. */
  readonly docId: string;
  /** Which part of the corpus it belongs to. */
  readonly split: Split;
  /** Uint16 while the vocabulary fits 65,536 ids, Uint32 above. */
  readonly ids: Uint16Array | Uint32Array;
}

/** A token run in the store. */
export interface StoredRun extends TokenRun {
  /** 0-based place among the documents of its split. */
  readonly index: number;
}

/** The size of a pass over the corpus, and of later ones until the next entry. */
export interface PassSize {
  /** 0-based pass. */
  readonly epoch: number;
  /** Train documents in the pass: that many from the start of the store. */
  readonly documents: number;
}

/** A stored token run, or a part of a long one, in one pass over the corpus. */
export interface EpochRun extends StoredRun {
  /** 0-based pass. */
  readonly epoch: number;
  /** 0-based place in the pass; `index` itself where a pass keeps the order of the store. */
  readonly place: number;
  /** Sizes of the passes up to this one, where the order of a pass depends on its size. */
  readonly passes?: readonly PassSize[];
}

/** Where in the corpus a batch ended: plain JSON, enough to resume at exactly the next batch. */
export interface Cursor {
  /** 0-based pass over the corpus. */
  readonly epoch: number;
  /** Batches emitted since the start of the run, this one included. */
  readonly batch: number;
  /** State of the batch stage; only stages/batch reads inside it. */
  readonly state: unknown;
}

/** Token ids for one optimizer step. B rows, T columns; arrays are row-major `[B * T]`. */
export interface Batch {
  /** The tokens that the model reads. */
  readonly inputIds: Int32Array;
  /** `targetIds[i] = inputIds[i + 1]` within a document. */
  readonly targetIds: Int32Array;
  /** 1 where the target counts towards the loss, else 0. */
  readonly mask: Int32Array;
  /** Attention and positions restart where the id changes along a row; absent: one segment a row. */
  readonly segmentIds?: Int32Array;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Number of ones in `mask`. */
  readonly validTokens: number;
  /** From where a run goes on after this batch. */
  readonly cursor: Cursor;
  /** Cursors of the stages above, as of the last barrier before this batch; absent where none came. */
  readonly cursors?: Cursors;
}

/** A copy of what a checkpoint holds; training never changes it. */
export type Snapshot = SavedState;

/** Durations of the phases of a step. */
export interface StepPhases {
  /** Waiting for the batch. */
  readonly dataMs: number;
  /** Forward and backward, until the last microbatch is done. */
  readonly forwardBackwardMs: number;
  /** The rest of the step: gradient norm, optimizer, packing of the new weights. */
  readonly updateMs: number;
  /** Validation after the step; 0 where there was none. */
  readonly validationMs: number;
}

/** Which replica a step is of. */
export interface ReplicaPlace {
  /** 0-based. */
  readonly rank: number;
  /** R */
  readonly replicas: number;
  /** 1-based round. */
  readonly round: number;
}

/** The outcome of one optimizer step. */
export interface StepReport {
  /** 1-based. */
  readonly step: number;
  /** Mean nats per target token over the batch. */
  readonly loss: number;
  /** Exponential of `loss`. */
  readonly perplexity: number;
  /** Of AdamW, at this step. */
  readonly learningRate: number;
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
  /** Set where the guard skipped the step's update. */
  readonly skipped?: true;
  /** Set in training by replicas. */
  readonly replica?: ReplicaPlace;
  /** Target tokens in this step. */
  readonly tokens: number;
  /** Target tokens since the first step. */
  readonly totalTokens: number;
  /** Target tokens of this step per second of `stepMs`. */
  readonly tokensPerSecond: number;
  /** Milliseconds in forward, backward and update, without waiting for the batch or validation. */
  readonly stepMs: number;
  /** Durations since the end of the previous step. */
  readonly phases?: StepPhases;
  /** What each leaf sphere did, in reduction order. */
  readonly spheres: readonly SphereCounters[];
  /** Where in the corpus the batch ended. */
  readonly cursor: Cursor;
  /** Set on the steps where validation ran: mean nats per token. */
  readonly validationLoss?: number;
  /** Set on the steps where a checkpoint is due. */
  readonly snapshot?: Snapshot;
}
