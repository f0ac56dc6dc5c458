import { pause } from "./lease.ts";
import { isAway } from "./to_stream.ts";

const RETRY_MS = 500;

/**
 * Asks the broker again and again while it, its leader or the way to it is gone. `ask` may so be done twice:
 * once without its answer.
 *
 * @throws what `ask` throws for another reason, and the signal's reason
 */
export async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await pause(RETRY_MS, signal);
  }
}
