/**
 * `text`: the front half alone, from addresses and files to clean text.
 *
 * @module
 */
import { join } from "node:path";
import { isBarrier } from "../stages/barrier.ts";
import { type Drop, StageMeter } from "../stages/meter.ts";
import type { Barrier, Document } from "../stages/types.ts";
import { type Command, command } from "../cli/command.ts";
import {
  checkChromium,
  checkPrivate,
  checkSourceFlags,
  LINKS,
  MANNERS,
  RENDERING,
  RETRY_SEED,
} from "../run/settings/crawl.ts";
import { settingsFrom } from "../run/settings/table.ts";
import { documentFormat, jsonLines, writeDocuments } from "../pipeline/ingest/document_file.ts";
import { openDropLog } from "../pipeline/ingest/drop_log.ts";
import { type FlagValues, group, text as textFlag, UsageError } from "../cli/flags.ts";
import { type Ingest, openIngest } from "../pipeline/ingest/ingest.ts";
import { countIngest, describeIngest, failureOf, noDocuments } from "../pipeline/ingest/summary.ts";
import { isAnswerTo, stopOnInterrupt, tellStop } from "../cli/interrupt.ts";
import { KEEP_DROPPED, READING, REFINING, SITE } from "../run/settings/refine.ts";
import { checkBlocked } from "../run/block_list.ts";
import { runPaths } from "../run/folder.ts";
import { checkSources, splitSources } from "../run/sources.ts";
import { forStandardOutput, tell } from "../cli/print.ts";

const FLAGS = {
  ...group("Output", {
    output: textFlag({
      help:
        "where documents go: .jsonl, .jsonl.gz or .parquet (default: JSON lines to the terminal)",
      value: "FILE",
    }),
    dropped: textFlag({
      help: "file for dropped documents, each with its reason",
      value: "FILE",
    }),
    "keep-dropped": { ...KEEP_DROPPED["keep-dropped"], needs: "dropped" },
  }),
  ...LINKS,
  ...MANNERS,
  ...RETRY_SEED,
  ...READING,
  ...RENDERING,
  ...REFINING,
  ...SITE,
  ...group("Which text stays", {
    "near-index": textFlag({
      help: "index of near duplicates to keep, for --dedup-against; its documents count as earlier",
      value: "FILE",
    }),
  }),
};

type Values = FlagValues<typeof FLAGS>;

/** The `text` command. */
export const text: Command = command({
  name: "text",
  summary: "Crawls or reads pages and writes their clean text, one document per record.",
  operands: "URL | FILE | FOLDER...",
  flags: FLAGS,
  examples: [
    "deno task text notes/ > clean.jsonl",
    "deno task text --output clean.parquet https://example.org/docs/",
    "deno task text --filters all --language en --dropped dropped.jsonl notes/",
  ],
  async run({ values, operands, given }) {
    if (operands.length === 0) {
      throw new UsageError("Cannot extract text: name at least one address, file or folder");
    }
    if (values.output !== undefined) documentFormat(values.output);
    checkSourceFlags(operands, { flags: FLAGS, given });
    await checkSources(operands, { allFiles: values["all-files"] });
    checkPrivate(operands, { allowPrivate: values["allow-private"] });
    checkBlocked(operands, settingsFrom(FLAGS, values));
    await checkChromium(values);
    await using resources = new AsyncDisposableStack();
    const interrupt = resources.use(stopOnInterrupt(tellStop));
    // What the crawl and the search for duplicates remember is of no use afterwards.
    const state = await Deno.makeTempDir({ prefix: "cllm-text-" });
    resources.defer(() => Deno.remove(state, { recursive: true }));
    const drops = resources.use(
      openDropLog(values.dropped, { note: tell, keepText: values["keep-dropped"] }),
    );
    const ingest = resources.use(
      await open(operands, { values, state, stop: interrupt.signal, onDrop: drops.add }),
    );
    const written = new StageMeter("write");
    const documents = ingest.documents()
      .pipeThrough(acknowledge(ingest, written))
      .pipeThrough(endWith(interrupt.signal));
    await write(documents, values.output);
    for (const line of ingest.passedOver()) tell(line);
    const counts = countIngest({
      sources: ingest.sources,
      documents: written.counts().itemsIn,
      drops,
    });
    tell(
      describeIngest(counts, { list: values.dropped, stopped: interrupt.signal.aborted }),
    );
    if (!interrupt.signal.aborted) {
      const list = values.dropped;
      for (const source of ingest.sources) {
        const failure = failureOf(source, { drops, list });
        if (failure) throw failure;
      }
      if (counts.documents === 0) {
        throw noDocuments(counts, { doing: "extract text", list, cutShort: ingest.cutShort() });
      }
    }
    return interrupt.exitCode;
  },
});

function open(
  operands: readonly string[],
  { values, state, stop, onDrop }: {
    values: Values;
    state: string;
    stop: AbortSignal;
    onDrop: (drop: Drop) => void;
  },
): Promise<Ingest> {
  const settings = settingsFrom(FLAGS, values);
  const index = values["near-index"];
  return openIngest({
    sources: splitSources(operands),
    paths: { ...runPaths(state), nearTexts: index ?? join(state, "near.sqlite") },
    mark: undefined,
    settings: {
      ...settings,
      nearDuplicates: settings.nearDuplicates || index !== undefined,
      seed: values.seed,
    },
    contact: values.contact,
    chromium: values.chromium,
    allowOrigins: [],
    stop,
    onDrop,
  });
}

/** Counts documents, and tells the crawl that they have arrived; nobody here needs barriers. */
function acknowledge(
  ingest: Ingest,
  meter: StageMeter,
): TransformStream<Document | Barrier, Document> {
  return new TransformStream({
    transform(document, controller) {
      if (isBarrier(document)) return;
      meter.in(document.text.length);
      controller.enqueue(document);
      ingest.stored(document.url);
    },
  });
}

/** Ends in good order where the documents fail for no other reason than `stop`. */
function endWith(stop: AbortSignal): ReadableWritablePair<Document, Document> {
  const { readable, writable } = new TransformStream<Document, Document>();
  async function* whole(): AsyncGenerator<Document> {
    try {
      yield* readable;
    } catch (error) {
      if (!isAnswerTo(stop, error)) throw error;
    }
  }
  return { readable: ReadableStream.from(whole()), writable };
}

async function write(documents: ReadableStream<Document>, path: string | undefined) {
  if (path !== undefined) {
    return await writeDocuments(documents, { path, format: documentFormat(path) });
  }
  try {
    await documents.pipeThrough(jsonLines(forStandardOutput)).pipeTo(Deno.stdout.writable, {
      preventClose: true,
    });
  } catch (error) {
    // Whoever read on has had enough, as `head` does.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
