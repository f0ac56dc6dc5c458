/**
 * All pages that are written down.
 *
 * @module
 */
import { DOCS } from "./docs.ts";
import { FORUMS } from "./forums.ts";
import { NEWS } from "./news.ts";
import { SHOPS } from "./shops.ts";
import { SITES } from "./sites.ts";
import { WIKIS } from "./wikis.ts";

/** Manuals, forums, newspapers, shops, blogs and other sites, wikis. */
export const SHAPES = [...DOCS, ...FORUMS, ...NEWS, ...SHOPS, ...SITES, ...WIKIS];
