/**
 * The stages that a node runs before its documents travel: those that look at one page alone.
 *
 * @module
 */
import { extract, openExtractors } from "../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import { refine } from "../../stages/refine/mod.ts";
import type { Barrier, Document, Page } from "../../stages/types.ts";
import { runPaths, type RunSettings } from "../../run/folder.ts";
import { inTurn, loadStages } from "../ingest/custom_stages.ts";
import { openRefinery } from "../ingest/refinery.ts";

/** Options of {@linkcode openTextStages}. */
export interface TextStagesOptions {
  readonly settings: RunSettings;
  readonly signal: AbortSignal;
}

/** Opened once per node, for any number of streams of pages. */
export interface TextStages extends AsyncDisposable {
  /** The documents of `pages`, in their order; `onDrop` hears of the others. */
  documents(
    pages: ReadableStream<Page>,
    onDrop: (drop: Drop) => void,
  ): Promise<ReadableStream<Document | Barrier>>;
}

/** Opens the workers and models of the stages. */
export async function openTextStages(options: TextStagesOptions): Promise<TextStages> {
  const { settings, signal } = options;
  await using resources = new AsyncDisposableStack();
  const state = await Deno.makeTempDir({ prefix: "cllm-node-" });
  resources.defer(() => Deno.remove(state, { recursive: true }));
  const refinery = resources.use(
    await openRefinery({
      paths: runPaths(state),
      // Duplicates are the keeper's business, who sees all documents.
      settings: { ...settings, nearDuplicates: false },
      minChars: settings.minChars,
      dedupAgainst: [],
      meter: new StageMeter("refine"),
    }),
  );
  const extractors = resources.use(
    openExtractors({ engine: settings.extract, comments: settings.comments === true }),
  );
  const held = resources.move();
  return {
    async documents(pages: ReadableStream<Page | Barrier>, onDrop) {
      const ofExtract = new StageMeter("extract", onDrop);
      const ofRefine = new StageMeter("refine", onDrop);
      const meters = { extract: ofExtract, refine: ofRefine };
      const custom = await loadStages(settings.stages ?? [], meters);
      return pages
        .pipeThrough(extract({ extractors, meter: ofExtract, signal }))
        .pipeThrough(inTurn(custom.extract))
        .pipeThrough(refine({ ...refinery.options, meter: ofRefine, only: "text" }));
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
