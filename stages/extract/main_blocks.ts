/**
 * Which of a page's blocks are its main text: the better of two readings, one by rules and one by a
 * model of blocks.
 *
 * @module
 */
import { type Block, scoreOf } from "./block.ts";
import { type BlockModel, judge } from "./judge.ts";
import { readModel } from "./block_model.ts";
import written from "./block_model.json" with { type: "json" };
import { chooseBlocks } from "./choose_blocks.ts";
import type { Content } from "./content.ts";
import { type PlacedBlock, ruledBlocks } from "./ruled_blocks.ts";

/** Pages of fewer blocks show too little of their shape to be judged by it. */
const MIN_BLOCKS = 7;
/** Pages of more are read by the rules alone: the numbers of a block take 1.3 kB. */
const MAX_BLOCKS = 20_000;
/** Where both readings find next to no prose, blocks this much less likely are taken as well. */
const LENIENCE = [1, 2] as const;
/** Running text of a block that is prose, and of a page that has some. */
const MIN_SENTENCE = 60;
const MIN_PROSE = 140;

let model: BlockModel | undefined;

/** The blocks of the main text, in reading order. */
export function mainBlocks(content: Content): PlacedBlock[] {
  model ??= readModel(written);
  return blocksBy(model, content);
}

/** The same by a model that is given. */
export function blocksBy(model: BlockModel, content: Content): PlacedBlock[] {
  const { blocks, title } = content;
  const ruled = ruledBlocks(content);
  if (blocks.length < MIN_BLOCKS || blocks.length > MAX_BLOCKS) return ruled;
  const { threshold } = model;
  const scores = judge(model, { blocks, ruled: new Set(ruled), title });
  const above = (least: number) => chooseBlocks(blocks, scores, least);
  const judged = above(threshold);
  if (hasProse(judged)) return judged;
  if (hasProse(ruled)) return ruled;
  return LENIENCE.map((less) => above(threshold - less)).find(hasProse) ?? ruled;
}

function hasProse(blocks: readonly Block[]): boolean {
  let prose = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score >= MIN_SENTENCE) prose += score;
  }
  return prose >= MIN_PROSE;
}
