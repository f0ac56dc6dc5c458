/**
 * A fair draw of a few rows out of many documents, in one pass and bounded memory.
 *
 * @module
 */
import { randomStream } from "../model/random.ts";
import { EvaluationRows, type Ids, rowParts } from "../stages/batch/mod.ts";

/** Share of the rows that one document gives before the others have given theirs. */
export const SHARE_EACH = 1 / 4;

/** Where a run of tokens comes from. */
export interface Origin {
  /** 16 hexadecimal digits. */
  readonly docId: string;
  /** Empty where only tokens are known, as is `source`. */
  readonly url: string;
  /** What `sourceOf` calls the operand that it came from. */
  readonly source: string;
  /** 0-based place in the journal, or among the documents of the token store's split. */
  readonly place: number;
}

/** A part of a document, in the rows that were drawn. */
export interface DrawnPart extends Origin {
  /** 0-based part of its document. */
  readonly part: number;
  /** The token before the first target, then 1 to T targets. */
  readonly ids: Ids;
}

/** How {@linkcode drawRows} draws. */
export interface DrawOptions {
  readonly seed: number;
  /** Rows that are filled at most. */
  readonly rows: number;
  /** T */
  readonly cols: number;
}

/** A part and its place in the order of the draw. */
interface Candidate extends DrawnPart {
  /** How often its document has given {@linkcode SHARE_EACH} of the rows already. */
  readonly round: number;
  readonly word: number;
}

/**
 * Draws parts of T tokens until they fill `rows` rows, each part as likely as any other: by a hash
 * of the seed, the document's id and the part's number. Hence documents take part by their length,
 * as they do in training, and neither their order nor what runs beside matters. A document gives
 * more than {@linkcode SHARE_EACH} of the rows only where the others have no more to give.
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
    // Rows are full parts, but for the last of a document.
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
  // 52 bits of the id, and then 32 and 20 that tell parts apart, are safe integers.
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

/** The first candidates in order that have so many targets. */
class Draw {
  readonly #targets: number;
  #candidates: Candidate[] = [];
  #held = 0;
  /** Nothing from here on is among the first. */
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
