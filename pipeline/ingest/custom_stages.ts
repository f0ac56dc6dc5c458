/**
 * The user's own stages, from modules named on the command line: `--stage refine:./filter.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";
import { isBarrier } from "../../stages/barrier.ts";
import { transformed } from "../../stages/flow.ts";
import { bounded } from "../../stages/queue.ts";
import type { Barrier, Document } from "../../stages/types.ts";

/** Stages after which a user's stage can run. */
export const STAGE_PLACES = ["extract", "refine"] as const;

/** A stage as a run's settings keep it. */
export interface StageSetting {
  readonly after: typeof STAGE_PLACES[number];
  /** Absolute path of its module. */
  readonly path: string;
  /** Digest of the module's text, hexadecimal. */
  readonly sha256: string;
}

/** Creates the stage; the default export of its module. */
export type StageFactory = () => ReadableWritablePair<Document, Document>;

/** A stage for a place where barriers flow too. */
export type CustomStage = () => ReadableWritablePair<Document | Barrier, Document | Barrier>;

/** User stages by the stage before them. */
export type CustomStages = Readonly<Record<StageSetting["after"], readonly CustomStage[]>>;

/** Bound of a stage's input queue, in characters of documents. */
const QUEUE_CHARS = 2 ** 20;

/**
 * Reads `refine:./filter.ts`.
 *
 * @throws {UsageError} for a place outside {@linkcode STAGE_PLACES}, or a missing module
 */
export function readStageSetting(text: string): StageSetting {
  const [, name, file] = /^([^:]*):(.+)$/s.exec(text) ?? [];
  const after = STAGE_PLACES.find((place) => place === name);
  if (after === undefined || file === undefined) {
    const places = STAGE_PLACES.map((place) => `${place}:FILE`).join(" or ");
    throw new UsageError(`Cannot use --stage ${text}: it must be ${places}`);
  }
  const path = resolve(file);
  try {
    const sha256 = createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
    return { after, path, sha256 };
  } catch (cause) {
    throw new UsageError(`Cannot use --stage ${text}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Loads the modules of stages.
 *
 * @throws {UsageError} when one has no function as its default export
 */
export async function loadStages(settings: readonly StageSetting[]): Promise<CustomStages> {
  const stages = { extract: [] as CustomStage[], refine: [] as CustomStage[] };
  for (const { after, path } of settings) {
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    if (typeof module.default !== "function") {
      throw new UsageError(
        `Cannot use --stage ${after}:${path}: its default export must be a function that makes a ` +
          "TransformStream of documents",
      );
    }
    // Its output is checked document by document.
    stages[after].push(amongBarriers(module.default as StageFactory, path));
  }
  return stages;
}

/**
 * Adapts a stage that knows no barriers to a stream with barriers: closes it at each barrier and
 * creates a new one after it, so that all documents before a barrier leave before it.
 */
function amongBarriers(make: StageFactory, path: string): CustomStage {
  return () =>
    transformed<Document | Barrier, Document | Barrier>({
      input: bounded(QUEUE_CHARS, ({ text }: Document) => text.length),
      generate: (input) => stretches(input, { make, path }),
    });
}

/** Chains stages into one; of none, makes one that passes everything on. */
export function inTurn(stages: readonly CustomStage[] = []): ReturnType<CustomStage> {
  const { writable, readable } = new TransformStream<Document | Barrier, Document | Barrier>();
  return {
    writable,
    readable: stages.reduce((documents, make) => documents.pipeThrough(make()), readable),
  };
}

async function* stretches(
  input: AsyncIterable<Document | Barrier>,
  { make, path }: { make: StageFactory; path: string },
): AsyncGenerator<Document | Barrier, void> {
  const values = input[Symbol.asyncIterator]();
  for (let isOver = false; !isOver;) {
    let barrier: Barrier | undefined;
    const stretch = async function* (): AsyncGenerator<Document, void> {
      for (;;) {
        const { done, value } = await values.next();
        isOver = done ?? false;
        if (isOver) return;
        if (isBarrier<Document, Barrier>(value)) {
          barrier = value;
          return;
        }
        yield value;
      }
    };
    for await (const document of ReadableStream.from(stretch()).pipeThrough(make())) {
      if (!isDocument(document)) {
        throw new TypeError(
          `Cannot go on: ${path} gave ${
            Deno.inspect(document, { depth: 1 })
          }, which is no document`,
        );
      }
      yield document;
    }
    // The stage itself has ended its input.
    if (!isOver && barrier === undefined) return;
    if (barrier) yield barrier;
  }
}

function isDocument(value: unknown): value is Document {
  if (typeof value !== "object" || value === null) return false;
  const { id, url, text } = value as Partial<Record<keyof Document, unknown>>;
  return [id, url, text].every((field) => typeof field === "string");
}
