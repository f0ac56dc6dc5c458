/**
 * Stages of the user's own, from modules that the command line names: `--stage refine:./filter.ts`.
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

/** The stages that one of the user's own can stand behind. */
export const STAGE_PLACES = ["extract", "refine"] as const;

/** A stage as a run's settings keep it. */
export interface StageSetting {
  readonly after: typeof STAGE_PLACES[number];
  /** Absolute path of its module. */
  readonly path: string;
  /** Of the module's text, hexadecimal. */
  readonly sha256: string;
}

/** Makes the stage anew; the default export of its module. */
export type StageFactory = () => ReadableWritablePair<Document, Document>;

/** A stage for a place where barriers flow too. */
export type CustomStage = () => ReadableWritablePair<Document | Barrier, Document | Barrier>;

/** Stages by the one that they stand behind. */
export type CustomStages = Readonly<Record<StageSetting["after"], readonly CustomStage[]>>;

/** Characters of documents that may wait before a stage. */
const QUEUE_CHARS = 2 ** 20;

/**
 * Reads `refine:./filter.ts`.
 *
 * @throws {UsageError} for another place than {@linkcode STAGE_PLACES}, or a module that is not there
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
    // What it makes is checked document by document.
    stages[after].push(amongBarriers(module.default as StageFactory, path));
  }
  return stages;
}

/**
 * A stage that knows nothing of barriers, for where they flow: it is ended at each and made anew
 * behind it, so that all documents that came before a barrier leave before it.
 */
function amongBarriers(make: StageFactory, path: string): CustomStage {
  return () =>
    transformed<Document | Barrier, Document | Barrier>({
      input: bounded(QUEUE_CHARS, ({ text }: Document) => text.length),
      generate: (input) => stretches(input, { make, path }),
    });
}

/** One stage of several, each behind the one before; of none, one that passes everything on. */
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
    // Ended by the stage itself, which wants no more.
    if (!isOver && barrier === undefined) return;
    if (barrier) yield barrier;
  }
}

function isDocument(value: unknown): value is Document {
  if (typeof value !== "object" || value === null) return false;
  const { id, url, text } = value as Partial<Record<keyof Document, unknown>>;
  return [id, url, text].every((field) => typeof field === "string");
}
