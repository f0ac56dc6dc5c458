/**
 * The second look at a block: what the first look says of it, of the blocks around it, and of the
 * elements that hold it.
 *
 * @module
 */
import type { Container } from "./containers.ts";
import { Running } from "./running.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";

const OFFSETS = [-4, -3, -2, -1, 0, 1, 2, 3, 4] as const;
const WINDOWS = [5, 12] as const;
const LEVELS = 6;
/** Numbers that the second look adds. */
export const NEIGHBOUR_FEATURES = OFFSETS.length + WINDOWS.length + LEVELS * 2 + 9;
/** The score of what is no block. */
const NONE = -9;
/** Characters of one block that count. */
const MAX_LENGTH = 1000;
/** Blocks further away than this are as far. */
const FAR = 99;

/** What the first look says. */
export interface FirstLook {
  readonly scores: Float32Array;
  /** The container that holds each block, and how many there are in all. */
  readonly containers: readonly Container[];
  readonly known: number;
  /** Whether a block of this score is looked at twice. */
  readonly isAsked: (score: number) => boolean;
}

/** Tells the numbers of each block in its row, from column `from` on. */
export function tellNeighbours(
  blocks: readonly PlacedBlock[],
  look: FirstLook,
  { rows, width, from }: { rows: Float32Array; width: number; from: number },
): void {
  const { scores, containers, isAsked } = look;
  const size = blocks.length;
  const sums = new Sums(blocks, look);
  const { chance, chances, mass, text, likes, isHeading } = sums;
  const total = mass.between(0, size), whole = text.between(0, size);
  const massShare = total / Math.max(1, whole);
  const taken = Math.log2(1 + chances.between(0, size));
  let best = -20;
  for (let i = 0; i < size; i++) best = Math.max(best, scores[i] as number);
  let since = FAR, heading = 0;
  for (let i = 0; i < size; i++) {
    const score = scores[i] as number;
    if (isAsked(score)) {
      let at = i * width + from;
      for (const offset of OFFSETS) {
        const other = i + offset;
        rows[at++] = other < 0 || other >= size ? NONE : scores[other] as number;
      }
      for (const window of WINDOWS) {
        const first = Math.max(0, i - window), end = Math.min(size, i + window + 1);
        rows[at++] = mass.between(first, end) / text.between(first, end);
      }
      const container = containers[i] as Container;
      sums.tellLevels(container.parent ?? container, { rows, at, total });
      at += LEVELS * 2;
      const like = 2 * container.like.number;
      rows[at++] = (likes[like] as number) / (likes[like + 1] as number);
      rows[at++] = since;
      rows[at++] = sums.until[i] as number;
      rows[at++] = sums.ahead[i] as number;
      rows[at++] = heading;
      rows[at++] = score - best;
      rows[at++] = mass.between(0, i) / Math.max(1, total);
      rows[at++] = massShare;
      rows[at++] = taken;
    }
    since = (chance[i] as number) > 0.5 ? 0 : Math.min(FAR, since + 1);
    if (isHeading[i] === 1) heading = score;
  }
}

/** Sums of what is likely to be text. */
class Sums {
  /** How likely each block is text. */
  readonly chance: Float32Array;
  readonly chances: Running;
  /** Characters that are likely text, and all. */
  readonly mass: Running;
  readonly text: Running;
  readonly isHeading: Uint8Array;
  /** Blocks up to the next that is likely text, and the share of likely text up to the next heading. */
  readonly until: Uint8Array;
  readonly ahead: Float64Array;
  /** Mass and text of blocks that are alike, by their number. */
  readonly likes: Float64Array;
  /** Two numbers of each container that was asked for. */
  readonly #levels: Float32Array;
  readonly #isKnown: Uint8Array;

  constructor(blocks: readonly PlacedBlock[], { scores, containers, known }: FirstLook) {
    const size = blocks.length;
    this.chance = new Float32Array(size);
    this.chances = new Running(size);
    this.mass = new Running(size);
    this.text = new Running(size);
    this.isHeading = new Uint8Array(size);
    this.until = new Uint8Array(size);
    this.ahead = new Float64Array(size);
    this.likes = new Float64Array(2 * known);
    this.#levels = new Float32Array(2 * known);
    this.#isKnown = new Uint8Array(known);
    for (let i = 0; i < size; i++) {
      const { text, kind } = blocks[i] as PlacedBlock;
      const length = Math.min(MAX_LENGTH, text.length);
      this.chance[i] = 1 / (1 + Math.exp(-(scores[i] as number)));
      const mass = length * (this.chance[i] as number);
      this.isHeading[i] = kind === "heading" ? 1 : 0;
      this.chances.add(i, this.chance[i] as number);
      this.mass.add(i, mass);
      this.text.add(i, length);
      const like = 2 * (containers[i] as Container).like.number;
      this.likes[like] = (this.likes[like] as number) + mass;
      this.likes[like + 1] = (this.likes[like + 1] as number) + length;
    }
    this.#lookAhead(blocks);
  }

  #lookAhead(blocks: readonly PlacedBlock[]): void {
    let headed = 0, headedText = 0, next = FAR;
    for (let i = blocks.length - 1; i >= 0; i--) {
      const chance = this.chance[i] as number;
      const length = Math.min(MAX_LENGTH, (blocks[i] as PlacedBlock).text.length);
      this.until[i] = next;
      next = chance > 0.5 ? 0 : Math.min(FAR, next + 1);
      this.ahead[i] = headedText > 0 ? headed / headedText : 0;
      if (this.isHeading[i] === 1) headed = headedText = 0;
      headed += chance * length;
      headedText += length;
    }
  }

  /** Tells of the elements from one outwards. */
  tellLevels(
    innermost: Container,
    { rows, at, total }: { rows: Float32Array; at: number; total: number },
  ): void {
    let level = innermost;
    for (let up = 0, to = at; up < LEVELS; up++, level = level.parent ?? level) {
      const from = 2 * level.number;
      if (this.#isKnown[level.number] === 0) {
        this.#isKnown[level.number] = 1;
        const mass = this.mass.in(level.element);
        this.#levels[from] = mass / Math.max(1, this.text.in(level.element));
        this.#levels[from + 1] = mass / Math.max(1, total);
      }
      rows[to++] = this.#levels[from] as number;
      rows[to++] = this.#levels[from + 1] as number;
    }
  }
}
