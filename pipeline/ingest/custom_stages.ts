/**
 * The user's own stages, from modules named on the command line: `--stage refine:./filter.ts`.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { UsageError } from "../../cli/flags.ts";
import { checkStageModule, type StageSetting } from "../../run/stage_setting.ts";
import { isBarrier } from "../../stages/barrier.ts";
import { transformed } from "../../stages/flow.ts";
import type { StageMeter } from "../../stages/meter.ts";
import { bounded } from "../../stages/queue.ts";
import type { Barrier, Document } from "../../stages/types.ts";

/** Creates a stage; the default export of its module. */
export type StageFactory = () => ReadableWritablePair<Document, Document>;

/** A stage for a place where barriers flow too. */
export type CustomStage = () => ReadableWritablePair<Document | Barrier, Document | Barrier>;

/** User stages by the stage before them. */
export type CustomStages = Readonly<Record<StageSetting["after"], readonly CustomStage[]>>;

/** Bound of a stage's input queue, in characters of documents. */
const QUEUE_CHARS = 2 ** 20;

/**
 * Loads the modules of stages; `meters` count what each leaves out.
 *
 * @throws {UsageError} when one has changed or its default export is not a function
 */
export async function loadStages(
  settings: readonly StageSetting[],
  meters: Readonly<Record<StageSetting["after"], StageMeter>>,
): Promise<CustomStages> {
  const stages = { extract: [] as CustomStage[], refine: [] as CustomStage[] };
  for (const setting of settings) {
    checkStageModule(setting);
    const { after, path } = setting;
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    if (typeof module.default !== "function") {
      throw new UsageError(
        `Cannot use --stage ${after}:${path}: its default export must be a function that makes a ` +
          "TransformStream of documents",
      );
    }
    // Its output is checked document by document.
    const make = module.default as StageFactory;
    stages[after].push(amongBarriers({ make, path, meter: meters[after] }));
  }
  return stages;
}

/** Chains stages into one; of none, makes one that passes everything on. */
export function inTurn(stages: readonly CustomStage[] = []): ReturnType<CustomStage> {
  const { writable, readable } = new TransformStream<Document | Barrier, Document | Barrier>();
  return {
    writable,
    readable: stages.reduce((documents, make) => documents.pipeThrough(make()), readable),
  };
}

interface LoadedStage {
  readonly make: StageFactory;
  readonly path: string;
  readonly meter: StageMeter;
}

/**
 * A stage that knows nothing of barriers, for where they flow: it is ended at each and made anew
 * behind it, so that all documents that came before a barrier leave before it. What came in and did
 * not leave is counted as dropped.
 */
function amongBarriers(stage: LoadedStage): CustomStage {
  return () =>
    transformed<Document | Barrier, Document | Barrier>({
      input: bounded(QUEUE_CHARS, ({ text }: Document) => text.length),
      generate: (input) => stretches(input, stage),
    });
}

async function* stretches(
  input: AsyncIterable<Document | Barrier>,
  { make, path, meter }: LoadedStage,
): AsyncGenerator<Document | Barrier, void> {
  const values = input[Symbol.asyncIterator]();
  for (let isOver = false; !isOver;) {
    let barrier: Barrier | undefined;
    /** Addresses of the documents that have come in and not left, by id. */
    const inside = new Map<string, string>();
    const stretch = async function* (): AsyncGenerator<Document, void> {
      for (;;) {
        const { done, value } = await values.next();
        isOver = done ?? false;
        if (isOver) return;
        if (isBarrier<Document, Barrier>(value)) {
          barrier = value;
          return;
        }
        inside.set(value.id, value.url);
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
      inside.delete(document.id);
      yield document;
    }
    for (const item of inside.values()) {
      meter.drop({ item, reason: "custom-stage", detail: `dropped by ${path}` });
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
