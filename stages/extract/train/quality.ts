/**
 * How good texts are by the segments that must and must not be in them.
 *
 * @module
 */
import { chooseBlocks } from "../choose_blocks.ts";
import type { PlacedBlock } from "../ruled_blocks.ts";
import { type AnnotatedPage, normalize } from "./annotated_pages.ts";

/** Counts segments over pages, as the tests of trafilatura do. */
export class Quality {
  /** Segments found that must be there, lost ones, and found ones that must not be there. */
  found = 0;
  lost = 0;
  kept = 0;
  empty = 0;

  /** Counts one page's text, its white space made even. */
  add(
    { annotation: { with: wanted, without } }: Pick<AnnotatedPage, "annotation">,
    text: string,
  ): void {
    for (const segment of wanted) {
      if (text.includes(normalize(segment))) this.found++;
      else this.lost++;
    }
    for (const segment of without) if (text.includes(normalize(segment))) this.kept++;
    if (text === "") this.empty++;
  }

  /** Share of the segments found that were wanted. */
  get precision(): number {
    return this.found / (this.found + this.kept);
  }

  /** Share of the wanted segments that were found. */
  get recall(): number {
    return this.found / (this.found + this.lost);
  }

  /** The harmonic mean of both. */
  get f1(): number {
    return 2 * this.found / (2 * this.found + this.lost + this.kept);
  }

  toString(): string {
    const share = (value: number) => value.toFixed(4);
    return `F1 ${share(this.f1)} precision ${share(this.precision)} recall ${share(this.recall)} ` +
      `empty ${this.empty}`;
  }
}

/** Thresholds that are tried. */
const THRESHOLDS = Array.from({ length: 17 }, (_, i) => (i - 6) / 8);

/** The threshold at which pages score best, the ones beside it taken in. */
export function bestThreshold(scores: ReadonlyMap<AnnotatedPage, Float32Array>): number {
  const quality = THRESHOLDS.map((threshold) => {
    const total = new Quality();
    for (const [page, pageScores] of scores) {
      const taken = new Set<PlacedBlock | undefined>(
        chooseBlocks(page.content.blocks, pageScores, threshold),
      );
      total.add(page, page.texts.filter((_, i) => taken.has(page.content.blocks[i])).join(" "));
    }
    return total.f1;
  });
  const smooth = quality.map((_, i) => {
    const near = quality.slice(Math.max(0, i - 2), i + 3);
    return near.reduce((sum, f1) => sum + f1, 0) / near.length;
  });
  return THRESHOLDS[smooth.indexOf(Math.max(...smooth))] as number;
}
