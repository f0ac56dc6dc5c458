/**
 * The state.json of a checkpoint: the state of training, and the digest of every other file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { FileDigest } from "../durable.ts";
import { TEMPLATE_PATH } from "./companions.ts";

const FORMAT_VERSION = 2;

/** Contents of state.json. */
export interface CheckpointState {
  /** Optimizer steps done. */
  readonly step: number;
  /** Target tokens since the first step. */
  readonly totalTokens: number;
  /** Cursors of the pipeline's stages by name; only the stage itself reads its cursor. */
  readonly cursors: Readonly<Record<string, unknown>>;
  /** Provenance: settings, versions, schedule, random numbers. */
  readonly run: unknown;
  /** Metrics of this step by name: `loss`, `validationLoss` where it was measured, ... */
  readonly metrics: Readonly<Record<string, number>>;
  /** Digest of every other file, by name. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

const count = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  step: count,
  totalTokens: count,
  cursors: z.record(z.string(), z.unknown()),
  run: z.unknown(),
  metrics: z.record(z.string(), z.number()),
  // Names must not lead outside of its folder.
  files: z.record(
    z.string().regex(/^[a-z_]+\.(json|safetensors)$/).or(z.string().regex(TEMPLATE_PATH)),
    z.object({ bytes: count, sha256: digest }),
  ),
});

/** The text of a state.json; its last member is the digest of the others. */
export function formatState(state: CheckpointState): string {
  const { step, totalTokens, cursors, run, metrics, files } = state;
  // JSON has no NaN, the loss where no documents are held out.
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return seal({
    formatVersion: FORMAT_VERSION,
    step,
    totalTokens,
    cursors,
    run,
    metrics: Object.fromEntries(finite),
    files,
  });
}

/**
 * Reads a state.json, and verifies that it is byte for byte as {@linkcode formatState} wrote it.
 *
 * @throws {SyntaxError} when it is damaged or of another version
 */
export function parseState(text: string, { source }: { source: string }): CheckpointState {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${source}: it is not JSON, it is damaged`, { cause });
  }
  const { sha256: _, ...body } = json ?? {};
  if (body.formatVersion !== undefined && body.formatVersion !== FORMAT_VERSION) {
    throw new SyntaxError(
      `Cannot read ${source}: formatVersion is ${body.formatVersion}, not ${FORMAT_VERSION}`,
    );
  }
  if (seal(body) !== text) {
    throw new SyntaxError(`Cannot read ${source}: it does not match its digest, it is damaged`);
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SyntaxError(`Cannot read ${source}: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { step, totalTokens, cursors, run, metrics, files } = parsed.data;
  return { step, totalTokens, cursors, run, metrics, files };
}

function seal(body: Readonly<Record<string, unknown>>): string {
  const sha256 = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  return JSON.stringify({ ...body, sha256 }, null, 2) + "\n";
}
