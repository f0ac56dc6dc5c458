/**
 * Stand-in for `@std/text`: the likeness of words, with the same names and meaning as the original.
 *
 * @module
 */
export { closestString } from "./closest_string.ts";
export { levenshteinDistance } from "./levenshtein_distance.ts";
