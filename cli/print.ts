/**
 * Printing of commands: the only path of text to the terminal.
 *
 * @module
 */
import { printable } from "../stages/printable.ts";
import { wrapped } from "../stages/report/mod.ts";

/** Prints lines to standard output. */
export function say(text: string): void {
  console.log(printable(text));
}

/** {@linkcode say} for prose: wraps lines between words in a terminal. */
export function sayText(text: string): void {
  say(wrapped(text));
}

/** Prints lines to standard error. */
export function tell(text: string): void {
  console.error(printable(text));
}

/** Prints pieces of a model's text, or lines of JSON, unchanged; made safe for a terminal. */
export function forStandardOutput(text: string): string {
  return Deno.stdout.isTerminal() ? printable(text) : text;
}
