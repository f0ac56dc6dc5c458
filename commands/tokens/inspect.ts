/**
 * `tokens inspect`: what a token store, one of its shards or a .bin file holds, and whether it is
 * whole.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { exists, isFolder } from "../../model/durable.ts";
import {
  type BinFile,
  idBytesOf,
  inspectBin,
  type InspectOptions,
  inspectShards,
  readBin,
  readDocuments,
  readIndex,
  type ShardReport,
  type StoreIndex,
} from "../../stages/store/mod.ts";
import { readTokenizer, type Tokenizer, type TokenizerFileContents } from "../../tokenizer/mod.ts";
import type { TokenRun } from "../../stages/types.ts";
import { type Command, command } from "../../cli/command.ts";
import { group, jsonToggle, number, text, UsageError } from "../../cli/flags.ts";
import { openFile } from "../../cli/open_file.ts";
import { say, tell } from "../../cli/print.ts";

const FLAGS = {
  ...group("What is shown", {
    tokenizer: text({
      help:
        "tokenizer to decode with (default: the tokenizer.json beside a store, none for a file)",
      value: "FILE",
    }),
    documents: number({ help: "first documents to show", defaultValue: 3 }),
  }),
  json: jsonToggle(),
};

/** Tokens of a document that are shown. */
const SHOWN_TOKENS = 40;

/** The `tokens inspect` command. */
export const inspectTokens: Command = command({
  name: "tokens inspect",
  summary:
    "Reads a run's tokens, one shard of them (tokens/train/000000.bin) or a .bin file of nanoGPT or\n" +
    "llm.c from end to end, checks every document's checksum, and shows the first documents.\n" +
    "Changes nothing, and may look at a run that is going on.",
  operands: "FOLDER|SHARD|FILE",
  flags: FLAGS,
  examples: [
    "deno task tokens inspect runs/mine",
    "deno task tokens inspect --tokenizer tokenizer.json train.bin",
  ],
  async run({ values, operands: [path, more] }) {
    if (path === undefined || more !== undefined) {
      throw new UsageError("Cannot inspect tokens: name one folder, shard or .bin file");
    }
    const place = await locate(path);
    const options = { tokenizerPath: values.tokenizer, most: values.documents };
    const found = place.dir === undefined
      ? await lookAtFile(path, options)
      : await lookAtStore(place.dir, { ...place, ...options });
    if (values.json) say(JSON.stringify(found));
    else say(("shards" in found ? describeStore(found) : describeFile(found)).join("\n"));
    const faults = "shards" in found ? found.shards.flatMap(({ fault }) => fault ?? []) : [];
    for (const fault of faults) tell(`error: ${fault}`);
    return faults.length === 0 ? 0 : 1;
  },
});

/** A store's folder and what of it is meant; no folder for a file of another trainer. */
async function locate(path: string): Promise<InspectOptions & { dir?: string }> {
  const [split, dir] = [basename(dirname(path)), dirname(dirname(path))];
  const [, digits] = /^(\d{6})\.(?:bin|idx)$/.exec(basename(path)) ?? [];
  if (digits !== undefined && (split === "train" || split === "validation")) {
    if (await exists(join(dir, "index.json"))) return { dir, split, number: Number(digits) };
  }
  if (!await isFolder(path)) {
    (await openFile(path)).close(); // says in plain words why it cannot be read
    return {};
  }
  for (const dir of [path, join(path, "tokens")]) {
    if (await exists(join(dir, "index.json"))) return { dir };
  }
  throw new UsageError(
    `Cannot inspect ${path}: it has neither an index.json of tokens nor a tokens/ with one`,
  );
}

/** A document as it is shown. */
interface ShownDocument {
  readonly id: string;
  readonly tokens: number;
  /** Its beginning: text where there is a tokenizer. */
  readonly start: string | readonly number[];
}

interface StoreFound {
  readonly store: string;
  readonly version: number;
  readonly vocabSize: number;
  readonly tokenizerHash: string;
  readonly dtype: string;
  readonly shards: readonly ShardReport[];
  readonly documents: readonly ShownDocument[];
}

async function lookAtStore(
  dir: string,
  { split, number, tokenizerPath, most }: InspectOptions & {
    tokenizerPath: string | undefined;
    most: number;
  },
): Promise<StoreFound> {
  const index = await readIndex(dir) as StoreIndex; // locate has found it
  const { version, vocabSize, tokenizerHash } = index;
  const tokenizer = await tokenizerOf(dir, { index, tokenizerPath });
  const only = {
    ...(split !== undefined && { split }),
    ...(number !== undefined && { number }),
  };
  const shards = await Array.fromAsync(inspectShards(dir, { index, ...only }));
  if (shards.length === 0 && number !== undefined) {
    throw new UsageError(
      `Cannot inspect shard ${number} of ${split} in ${dir}: its index.json lists ` +
        `${index.splits[split ?? "train"].length}; what was never flushed does not count`,
    );
  }
  const documents: ShownDocument[] = [];
  const first = shards.find(({ checked }) => checked > 0);
  if (first) {
    const at = { index, split: first.split, number: Number.parseInt(basename(first.path)) };
    const documentsOf = readDocuments(dir, { ...at, most: Math.min(most, first.checked) });
    for await (const run of documentsOf) documents.push(show(run, tokenizer));
  }
  const dtype = `uint${8 * idBytesOf(vocabSize)}`;
  return { store: dir, version, vocabSize, tokenizerHash, dtype, shards, documents };
}

/** The tokenizer that was named, or the one beside a store, which must be the store's. */
async function tokenizerOf(
  dir: string,
  { index, tokenizerPath }: { index: StoreIndex; tokenizerPath: string | undefined },
): Promise<Tokenizer | undefined> {
  const path = tokenizerPath ?? join(dirname(dir), "tokenizer.json");
  if (tokenizerPath === undefined && !await exists(path)) return undefined;
  const { tokenizer, json } = await openTokenizer(path);
  const hash = createHash("sha256").update(json).digest("hex");
  if (hash !== index.tokenizerHash) {
    throw new UsageError(
      `Cannot decode ${dir} with ${path}: the store was written with another tokenizer ` +
        `(${index.vocabSize} ids, ${index.tokenizerHash.slice(0, 12)}) than that ` +
        `(${tokenizer.vocabSize} ids, ${hash.slice(0, 12)}); name its own with --tokenizer`,
    );
  }
  return tokenizer;
}

async function openTokenizer(path: string): Promise<TokenizerFileContents> {
  (await openFile(path)).close();
  return await readTokenizer(path);
}

interface FileFound extends BinFile {
  readonly file: string;
  /** Null without a tokenizer, which tells where documents end. */
  readonly documents: { readonly count: number; readonly first: readonly ShownDocument[] } | null;
}

async function lookAtFile(
  path: string,
  { tokenizerPath, most }: { tokenizerPath: string | undefined; most: number },
): Promise<FileFound> {
  const found = { file: path, ...await inspectBin(path) };
  if (tokenizerPath === undefined) return { ...found, documents: null };
  const { tokenizer } = await openTokenizer(tokenizerPath);
  const first: ShownDocument[] = [];
  let count = 0;
  for await (const run of readBin(path, { ...ids(tokenizer), split: "train" })) {
    if (count++ < most) first.push(show(run, tokenizer));
  }
  return { ...found, documents: { count, first } };
}

const ids = ({ endOfTextId, vocabSize }: Tokenizer) => ({ endOfTextId, vocabSize });

function show({ docId, ids }: TokenRun, tokenizer: Tokenizer | undefined): ShownDocument {
  const start = ids.subarray(0, SHOWN_TOKENS);
  return { id: docId, tokens: ids.length, start: tokenizer?.decode(start) ?? Array.from(start) };
}

const count = (n: number) => n.toLocaleString("en");

function describeStore({ store, shards, documents, ...head }: StoreFound): string[] {
  const { version, vocabSize, dtype, tokenizerHash } = head;
  return [
    `${store}: version ${version}, ${dtype}, vocabulary of ${count(vocabSize)}, ` +
    `tokenizer ${tokenizerHash.slice(0, 12)}`,
    ...shards.map((shard) => {
      const { documents, tokens, bytes, shortest, longest, checked, fault } = shard;
      const name = `${shard.split}/${basename(shard.path)}`.padEnd(22);
      return `${name} ${count(documents)} documents, ${count(tokens)} tokens, ` +
        `${count(bytes)} bytes, ${shortest} to ${longest} tokens a document: ` +
        (fault === null ? "checksums right" : `damaged after ${count(checked)} documents`);
    }),
    ...shards.length === 0 ? ["no documents yet"] : [],
    ...documents.map(describeDocument),
  ];
}

function describeFile({ file, documents, ...found }: FileFound): string[] {
  const { format, version, idBytes, tokens, highestId } = found;
  return [
    `${file}: ${format}${version === null ? "" : `, version ${version}`}, uint${8 * idBytes}, ` +
    `${count(tokens)} tokens, highest id ${highestId}` +
    (documents === null ? "" : `, ${count(documents.count)} documents`),
    ...documents === null
      ? ["Documents are found with --tokenizer, whose end-of-text id ends them."]
      : documents.first.map(describeDocument),
  ];
}

function describeDocument({ id, tokens, start }: ShownDocument): string {
  const shown = typeof start === "string" ? JSON.stringify(start) : start.join(" ");
  return `document ${id}, ${tokens} tokens: ${shown}${tokens > SHOWN_TOKENS ? " …" : ""}`;
}
