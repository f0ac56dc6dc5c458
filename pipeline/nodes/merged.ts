/**
 * Values of several sources as they come, and a tick where none does.
 *
 * @module
 */
import { pause } from "../../cluster/lease.ts";

/** Gives the next value, or undefined at its end. */
export type Next<T> = () => Promise<T | undefined>;

/**
 * The values of all sources until each has ended; `undefined` after each `tickMs` in which none came.
 */
export async function* merged<T extends object>(
  sources: readonly (Next<T> | undefined)[],
  tickMs: number,
): AsyncGenerator<T | undefined, void> {
  const asked = new Map<Next<T>, Promise<{ next: Next<T>; value: T | undefined }>>();
  const ask = (next: Next<T>) => {
    const answer = next().then((value) => ({ next, value }));
    // Heard of where it is waited for, if it ever is.
    answer.catch(() => {});
    asked.set(next, answer);
  };
  for (const next of sources) if (next) ask(next);
  while (asked.size > 0) {
    const over = new AbortController();
    const tick = pause(tickMs, over.signal).then(() => undefined, () => undefined);
    const answer = await Promise.race([...asked.values(), tick]);
    over.abort();
    if (answer === undefined) yield undefined;
    else if (answer.value === undefined) asked.delete(answer.next);
    else {
      yield answer.value;
      ask(answer.next);
    }
  }
}
