/**
 * Which of a page's blocks are its main text: the better of two readings, one by rules and one by a
 * model of blocks.
 *
 * @module
 */
import { hasProse } from "./block.ts";
import { type BlockModel, judge } from "./judge.ts";
import { readModel } from "./block_model.ts";
import written from "./block_model.json" with { type: "json" };
import { chooseBlocks } from "./choose_blocks.ts";
import { withComments, withoutComments } from "./comments.ts";
import type { Content } from "./content.ts";
import { type PlacedBlock, ruledBlocks } from "./ruled_blocks.ts";

/** Pages of fewer blocks show too little of their shape to be judged by it. */
const MIN_BLOCKS = 7;
/** Pages of more are read by the rules alone: the numbers of a block take 1.3 kB. */
const MAX_BLOCKS = 20_000;
/** Where both readings find next to no prose, blocks this much less likely are taken as well. */
const LENIENCE = [1, 2] as const;
let model: BlockModel | undefined;

/** The blocks of the main text, in reading order; `comments` where readers' words are part of it. */
export function mainBlocks(content: Content, comments: boolean): readonly PlacedBlock[] {
  model ??= readModel(written);
  const taken = blocksBy(model, content);
  return comments ? withComments(content.blocks, taken) : withoutComments(taken);
}

/** The blocks that a model takes, comments or not. */
export function blocksBy(model: BlockModel, content: Content): PlacedBlock[] {
  const { blocks, fullTitle: title } = content;
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
