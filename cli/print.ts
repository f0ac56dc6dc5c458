/**
 * Where commands print: the one way of text to the terminal.
 *
 * @module
 */
import { printable } from "../stages/printable.ts";
import { wrapped } from "../stages/report/mod.ts";

/** Prints lines to standard output. */
export function say(text: string): void {
  console.log(printable(text));
}

/** {@linkcode say} for prose: in a terminal lines are broken between words. */
export function sayText(text: string): void {
  say(wrapped(text));
}

/** Prints lines to standard error. */
export function tell(text: string): void {
  console.error(printable(text));
}

/** Pieces of a model's text, or lines of JSON: as they are, but for a terminal. */
export function forStandardOutput(text: string): string {
  return Deno.stdout.isTerminal() ? printable(text) : text;
}
