/**
 * Chooses the prompts of a run, once, when training begins.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Journal } from "../stages/journal/mod.ts";
import type { Document } from "../stages/types.ts";
import { beginningsOf } from "../run/beginning.ts";
import { sourceOf } from "../run/document_source.ts";
import { trainDocuments } from "../run/held_out.ts";
import type { HoldOutRule } from "../run/hold_out.ts";
import type { RunSettings } from "../run/folder.ts";
import { type Prompts, readOwnPrompts, writePrompts } from "../run/prompts.ts";
import type { ValidationSet } from "./validation_set.ts";

/** Number of prompts. */
const COUNT = 4;

/** Fields of a document that the choice depends on. */
type Source = Pick<Document, "id" | "url" | "title" | "text">;

interface Candidate {
  readonly id: string;
  readonly source: string;
  readonly rank: string;
  readonly prose: readonly string[];
  readonly anyText: readonly string[];
}

/**
 * Chooses beginnings of `documents`: from as many sources as possible, in an order that depends on
 * `seed` and ids alone, with different first words where possible. Lines that several documents
 * share, such as a site's motto, are used only where a document has no other.
 */
export async function choosePrompts(
  documents: AsyncIterable<Source> | Iterable<Source>,
  { seed, sources, count = COUNT }: {
    seed: number;
    /** The operands of the run. */
    sources: readonly string[];
    count?: number;
  },
): Promise<Pick<Prompts, "prompts" | "documents">> {
  const candidates: Candidate[] = [];
  const uses = new Map<string, number>();
  for await (const { id, url, title, text } of documents) {
    const prose = beginningsOf(text, { title });
    for (const each of new Set(prose.map(stem))) uses.set(each, (uses.get(each) ?? 0) + 1);
    candidates.push({
      id,
      source: URL.canParse(url) ? sourceOf({ url }, sources) : "",
      rank: createHash("sha256").update(`${seed}/${id}`).digest("hex"),
      prose,
      anyText: beginningsOf(text, { title, anyText: true }),
    });
  }
  const chosen = new Map<string, string>();
  const takeUnlike = (id: string, prompts: readonly string[]) => {
    if (chosen.size >= count || chosen.has(id)) return;
    const stems = new Set([...chosen.values()].map(stem));
    const prompt = prompts.find((each) => !stems.has(stem(each)));
    if (prompt !== undefined) chosen.set(id, prompt);
  };
  const isOwn = (prompt: string) => uses.get(stem(prompt)) === 1;
  const inTurn = bySourcesInTurn(candidates);
  for (const { id, prose } of inTurn) takeUnlike(id, prose.filter(isOwn));
  for (const { id, prose } of inTurn) takeUnlike(id, prose);
  for (const { id, anyText } of inTurn) takeUnlike(id, anyText);
  return { prompts: [...chosen.values()], documents: [...chosen.keys()] };
}

/** The first document of each source, then the second of each, and so on. */
function bySourcesInTurn(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((a, b) => a.rank < b.rank ? -1 : 1);
  const turns = new Map<string, number>();
  return sorted.map((candidate) => {
    const turn = turns.get(candidate.source) ?? 0;
    turns.set(candidate.source, turn + 1);
    return { candidate, turn };
  }).sort((a, b) => a.turn - b.turn).map(({ candidate }) => candidate);
}

/** First words that identify similar prompts. */
function stem(prompt: string): string {
  return prompt.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(0, 3).join(" ");
}

/** Options of {@linkcode choosePromptsOnce}. */
export interface PromptSources {
  readonly journal: Journal;
  readonly settings: Pick<RunSettings, "holdOut" | "seed" | "sources">;
  /** Its documents are the candidates: a bounded sample of the held-out documents. */
  readonly validation: Pick<ValidationSet, "parts">;
  /** Reports, in one line, when no document is held out. */
  readonly note: (line: string) => void;
}

/** Training documents considered where nothing is held out. */
const MAX_TRAINED_ON = 100;

/**
 * The prompts of the run in `runDir`: those it has, or new ones, which are stored. Where nothing is
 * held out, they come from training documents.
 */
export async function choosePromptsOnce(
  runDir: string,
  { journal, settings, validation, note }: PromptSources,
): Promise<readonly string[]> {
  const existing = await readOwnPrompts(runDir);
  if (existing !== undefined) return existing;
  const { seed, sources } = settings;
  const heldOut = await choosePrompts(validated({ journal, validation }), { seed, sources });
  let found: Prompts = { ...heldOut, split: "validation" };
  if (found.prompts.length === 0) {
    const chosen = await choosePrompts(trainedOn({ journal, rule: settings.holdOut }), {
      seed,
      sources,
    });
    found = { ...chosen, split: "train" };
    note("Samples continue training documents: no held-out document has a suitable beginning.");
  }
  await writePrompts(runDir, found);
  return found.prompts;
}

/** The documents in a validation set. */
async function* validated(
  { journal, validation }: Pick<PromptSources, "journal" | "validation">,
): AsyncGenerator<Document, void> {
  const places = new Set(validation.parts.map(({ place }) => place));
  for (const from of [...places].sort((a, b) => a - b)) {
    for await (const document of journal.documents({ from })) {
      yield document;
      break;
    }
  }
}

async function* trainedOn(
  options: { journal: Journal; rule: HoldOutRule },
): AsyncGenerator<Document, void> {
  for await (const { place, document } of trainDocuments(options)) {
    if (place >= MAX_TRAINED_ON) return;
    yield document;
  }
}
