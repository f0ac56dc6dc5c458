/**
 * Which elements hold the text of a page although they look like what stands around it: a page may
 * lie in one form, or in an element whose class only begins with such a word.
 *
 * @module
 */
import { type Block, scoreOf } from "./block.ts";

/** Such an element holds more than this share of the page's running text where it is the text itself. */
const MIN_SHARE = 0.5;

/**
 * The elements that hold most running text.
 *
 * @param suspectsOf the elements around a block that are there to be judged, or `undefined` for a block
 * that is left out whatever they are
 */
export function pardonedOf<B extends Block, E>(
  blocks: readonly B[],
  suspectsOf: (block: B) => readonly E[] | undefined,
): Set<E> {
  const held = new Map<E, number>();
  let total = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    const suspects = score === 0 ? undefined : suspectsOf(block);
    if (suspects === undefined) continue;
    total += score;
    for (const suspect of suspects) held.set(suspect, (held.get(suspect) ?? 0) + score);
  }
  const pardoned = new Set<E>();
  for (const [element, score] of held) if (score > total * MIN_SHARE) pardoned.add(element);
  return pardoned;
}
