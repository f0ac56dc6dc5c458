/**
 * Printing of commands: the only path of text to the terminal.
 *
 * @module
 */
import { printable } from "../stages/printable.ts";
import { breakSilence, shown, wrapped } from "../stages/report/mod.ts";

/** Prints lines to standard output. */
export function say(text: string): void {
  shown();
  console.log(printable(text));
}

/** {@linkcode say} for prose: wraps lines between words in a terminal. */
export function sayText(text: string): void {
  say(wrapped(text));
}

/** Prints lines to standard error. */
export function tell(text: string): void {
  shown();
  console.error(printable(text));
}

/** Prints pieces of a model's text, or lines of JSON, unchanged; made safe for a terminal. */
export function forStandardOutput(text: string): string {
  shown();
  return Deno.stdout.isTerminal() ? printable(text) : text;
}

/** Tells on standard error that command `name` works, until it shows something or is disposed of. */
export function tellWork(name: string): Disposable {
  return breakSilence(name, { tell });
}
