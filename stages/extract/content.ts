/**
 * What an engine makes of a page.
 *
 * @module
 */
import type { Block } from "./block.ts";
import type { Metadata } from "./metadata.ts";

/** A page's declarations and the blocks of its main text. */
export interface Content extends Metadata {
  readonly blocks: readonly Block[];
}
