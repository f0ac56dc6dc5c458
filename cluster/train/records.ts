/**
 * What training nodes and their keeper write under keys of the run's bucket: `train` once, and for
 * every round T and replica R the task `round.T.R` and its result `delta.T.R`. What is large is a blob.
 *
 * @module
 */
import { z } from "zod";
import { DELTAS, MAX_REPLICAS, SCHEDULES } from "../../stages/train/mod.ts";
import type { ModelConfig } from "../../model/config.ts";

const count = z.number().int().nonnegative();
const number = z.number();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** Of the segments of an area, in their order. */
const segments = z.array(digest).min(1).max(MAX_REPLICAS);

/** From this many replicas on, a node takes the outer step for one segment of as many. */
const DIVIDED_FROM = 8;

/** Segments of the weights in a run of so many replicas. */
export const segmentCount = (replicas: number) => replicas < DIVIDED_FROM ? 1 : replicas;

const TASK = z.strictObject({
  round: count,
  rank: count,
  replicas: count,
  /** Weights and outer momentum at the start of the round. */
  shared: z.strictObject({ parameters: segments, outerMomentum: segments }),
  /** The replica's moments and residual; null where they are zero. */
  state: digest.nullable(),
  guard: z.unknown(),
  batches: digest,
  done: count,
  steps: count,
  planned: count,
  schedule: z.strictObject({
    name: z.enum(SCHEDULES),
    peak: number,
    warmup: number,
    floor: number,
    decay: number,
  }),
  optimizer: z.strictObject({
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    clip: number,
    muon: z.strictObject({ momentum: number, rate: number, polarRounds: number.optional() })
      .optional(),
    embeddingRate: number.optional(),
    sampleUntil: number.optional(),
  }),
  guardDeviations: number,
  deltas: z.enum(DELTAS),
  /** Of the outer step that ends the round. */
  outer: z.strictObject({ outerLearningRate: number, outerMomentum: number }),
});

const RESULT = z.strictObject({
  /** Digest of the task that it answers. */
  task: digest,
  node: z.string(),
  delta: segments,
  /** The replica's moments and residual for its next round. */
  state: digest,
  guard: z.unknown(),
  /** JSON of each step, which the report of a run shows. */
  steps: digest,
  /** Set where training diverged; the digests are then those of nothing. */
  diverged: z.string().optional(),
});

const TRAINING = z.strictObject({
  /** As config.json has it. */
  config: z.custom<ModelConfig>((value) => typeof value === "object" && value !== null),
  rows: count,
  cols: count,
  leaves: count,
  strictSimd: z.boolean(),
  /** Where steps may score a sample of the vocabulary. */
  headSample: z.strictObject({ kept: count, period: count }).optional(),
  /** What the kernels compute on the keeper's machine. */
  probe: digest,
});

/** A replica's turn, for any node to compute. */
export type RoundTask = z.infer<typeof TASK>;
/** What a node made of a task. */
export type RoundResult = z.infer<typeof RESULT>;
/** What a node must know before it trains. */
export type TrainingRecord = z.infer<typeof TRAINING>;

/** Keys of these records. */
export const TRAINING_KEY = "train";
export const taskKey = (round: number | "*", rank: number | "*") => `round.${round}.${rank}`;
export const resultKey = (round: number | "*", rank: number | "*") => `delta.${round}.${rank}`;

const read = <T>(schema: z.ZodType<T>, what: string) => (text: string): T => {
  const parsed = schema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SyntaxError(
    `Cannot read a ${what} of the cluster: ${issue?.path.join(".")}: ${issue?.message}`,
  );
};

/** Each reads its record, and throws a `SyntaxError` for another form. */
export const readTask = read<RoundTask>(TASK, "task");
export const readResult = read<RoundResult>(RESULT, "result");
export const readTraining = read<TrainingRecord>(TRAINING, "training record");
