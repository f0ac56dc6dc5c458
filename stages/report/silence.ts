/**
 * Breaks the silence of a command that takes long before it has anything to show.
 *
 * @module
 */
import { type Every, systemTimer } from "./timer.ts";
import { formatDuration } from "./units.ts";

/** A command says something within two seconds of its start, in which it is loaded, too. */
const FIRST_MS = 1000;
/** Time between two lines while it still has nothing to show. */
const NEXT_MS = 30_000;

let hasShown = false;
let doing = "";

/** Notes that something was shown, on either output. */
export function shown(): void {
  hasShown = true;
}

/** Notes what is being done, for the next line. */
export function does(phase: string): void {
  doing = phase;
}

/** Options of {@linkcode breakSilence}. */
export interface SilenceOptions {
  /** Writes a line to standard error. */
  readonly tell: (line: string) => void;
  /** By default the system's timer, which does not keep the process alive. */
  readonly every?: Every;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * Tells that command `name` works until it shows something, or the result is disposed of.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { breakSilence, does } from "./silence.ts";
 * const lines: string[] = [];
 * let tick = () => {};
 * const every = (_ms: number, made: () => void) => {
 *   tick = made;
 *   return () => {};
 * };
 * let time = 0;
 * const options = { tell: (line: string) => lines.push(line), every, now: () => time };
 * using _silence = breakSilence("train", options);
 * does("opening the model");
 * time = 1000;
 * tick();
 * assertEquals(lines, ["train: opening the model, nothing to show yet (0:01)"]);
 * ```
 */
export function breakSilence(
  name: string,
  { tell, every = systemTimer, now = () => performance.now() }: SilenceOptions,
): Disposable {
  hasShown = false;
  doing = "working";
  const began = now();
  let next = 0;
  const stop = every(FIRST_MS, () => {
    const elapsed = now() - began;
    if (hasShown) return stop();
    if (elapsed < next) return;
    next = elapsed + NEXT_MS;
    tell(`${name}: ${doing}, nothing to show yet (${formatDuration(elapsed)})`);
    hasShown = false;
  });
  return { [Symbol.dispose]: stop };
}
