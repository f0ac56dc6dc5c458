/**
 * Draws a fair sample of rows from many documents, in one pass and bounded memory.
 *
 * @module
 */
import { randomStream } from "../model/random.ts";
import { EvaluationRows, type Ids, rowParts } from "../stages/batch/mod.ts";

/** Largest share of the rows from one document while others have parts left. */
export const SHARE_EACH = 1 / 4;

/** Origin of a run of tokens. */
export interface Origin {
  /** 16 hexadecimal digits. */
  readonly docId: string;
  /** Empty where only tokens are known, as is `source`. */
  readonly url: string;
  /** Name of its source, by `sourceOf`. */
  readonly source: string;
  /** 0-based place in the journal, or among the documents of the token store's split. */
  readonly place: number;
}

/** A part of a document in the drawn rows. */
export interface DrawnPart extends Origin {
  /** 0-based part of its document. */
  readonly part: number;
  /** The token before the first target, then 1 to T targets. */
  readonly ids: Ids;
}

/** Options of {@linkcode drawRows}. */
export interface DrawOptions {
  readonly seed: number;
  /** Most rows to fill. */
  readonly rows: number;
  /** T */
  readonly cols: number;
}

/** A part and its position in the draw. */
interface Candidate extends DrawnPart {
  /** How many times its document has already filled {@linkcode SHARE_EACH} of the rows. */
  readonly round: number;
  readonly word: number;
}

/**
 * Draws parts of T tokens until they fill `rows` rows, each part as likely as any other: by a hash
 * of the seed, the document's id and the part's number. Hence documents are weighted by their
 * length, as in training, and neither order nor timing matters. A document fills more than
 * {@linkcode SHARE_EACH} of the rows only where the others have no parts left.
 *
 * Holds at most about twice the tokens of the result, and one document.
 *
 * @returns parts in the order of the draw
 */
export async function drawRows(
  runs: AsyncIterable<Origin & { readonly ids: Ids }>,
  { seed, rows, cols }: DrawOptions,
): Promise<DrawnPart[]> {
  const draw = new Draw({ targets: rows * cols });
  const wordOf = hashOfParts(seed);
  const each = Math.ceil(rows * SHARE_EACH);
  for await (const { ids, ...origin } of runs) {
    const words = Array.from(
      { length: Math.ceil(Math.max(0, ids.length - 1) / cols) },
      (_, part) => ({ part, word: wordOf(origin.docId, part) }),
    ).sort((a, b) => a.word - b.word || a.part - b.part);
    // Parts are full rows, except for the last of a document.
    const offered = new Map(
      words.slice(0, rows + 1).map(({ part, word }, rank) =>
        [part, { round: Math.floor(rank / each), word }] as const
      ),
    );
    let part = 0;
    for (const partIds of rowParts(ids, cols)) {
      const place = offered.get(part);
      if (place) draw.offer({ ...origin, part, ids: partIds, ...place });
      part++;
    }
  }
  const packed = new EvaluationRows({ cols, maxRows: rows });
  const drawn: DrawnPart[] = [];
  for (const { round: _, word: __, ...part } of draw.first()) {
    if (!packed.add(part.ids)) break;
    drawn.push(part);
  }
  return drawn;
}

/** A 32-bit word for each part of each document. */
function hashOfParts(seed: number): (docId: string, part: number) => number {
  const ofDocument = randomStream(seed, { name: "validation-document" });
  const ofPart = randomStream(seed, { name: "validation-part" });
  // 52 bits of the id, then 32 and 20 bits of the part, are safe integers.
  return (docId, part) =>
    ofPart.word(ofDocument.word(Number.parseInt(docId.slice(0, 13), 16)) * 2 ** 20 + part);
}

function inOrder(a: Candidate, b: Candidate): number {
  return a.round - b.round || a.word - b.word || compare(a.docId, b.docId) || a.part - b.part ||
    a.place - b.place;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The first candidates in order that reach that many targets. */
class Draw {
  readonly #targets: number;
  #candidates: Candidate[] = [];
  #held = 0;
  /** Candidates from here on are never among the first. */
  #end: Candidate | undefined;

  constructor({ targets }: { targets: number }) {
    this.#targets = targets;
  }

  offer(candidate: Candidate): void {
    if (this.#end && inOrder(candidate, this.#end) > 0) return;
    this.#candidates.push(candidate);
    this.#held += candidate.ids.length - 1;
    if (this.#held >= 2 * this.#targets) this.first();
  }

  first(): readonly Candidate[] {
    this.#candidates.sort(inOrder);
    let held = 0, count = 0;
    for (const { ids } of this.#candidates) {
      if (held >= this.#targets) break;
      held += ids.length - 1;
      count++;
    }
    this.#end = held >= this.#targets ? this.#candidates[count - 1] : undefined;
    this.#candidates.length = count;
    this.#held = held;
    return this.#candidates;
  }
}
