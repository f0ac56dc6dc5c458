/**
 * What an engine makes of a page.
 *
 * @module
 */
import type { PageBlocks } from "./ruled_blocks.ts";
import type { Metadata } from "./metadata.ts";

/** A page's declarations and all blocks of its body. */
export interface Content extends Metadata, PageBlocks {}
