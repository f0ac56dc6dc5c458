/**
 * What a reader of documents may take.
 *
 * @module
 */

/** Cap on its heap; what it holds outside is bounded by the caps of its task. */
export const MAX_HEAP_MIB = 768;
