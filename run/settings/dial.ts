/**
 * Flags that plan a run by one number, and leave the others to the program.
 *
 * @module
 */
import { group, number } from "../../cli/flags.ts";
import { never } from "./table.ts";

/** What is chosen, or makes no single run. */
const CHOSEN = ["preset", "vocab", "context", "steps", "seconds", "learning-rate"];
const ELSEWHERE = ["leaves", "grad-accumulation", "replicas", "cluster"];

/** The time or the tokens that a run may take. */
export const DIAL = group("Training", {
  hours: never(number({
    help: "choose the preset and its steps so that training takes this long here: measures this " +
      "machine for some seconds, and keeps the choice in run.json",
    value: "H",
    min: 0.01,
    integer: false,
    excludes: ["tokens", ...CHOSEN, ...ELSEWHERE],
  })),
  tokens: never(number({
    help: "choose the preset and its steps for so many tokens, about ten a weight",
    min: 10_000,
    excludes: [...CHOSEN, ...ELSEWHERE],
  })),
});
