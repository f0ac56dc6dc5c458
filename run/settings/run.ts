/**
 * Flags about a run as a whole and what it shows; none but the seed changes its result.
 *
 * @module
 */
import { group, jsonToggle, number, text, toggle } from "../../cli/flags.ts";
import { never } from "./table.ts";

/** Where a run lives, and how it goes on. */
export const RUN = group("The run", {
  run: text({
    help: "run folder, continued when it exists",
    value: "DIR",
    defaultValue: "runs/default",
  }),
  force: toggle({
    help: "change settings of an existing run that alter its result, from the next step on",
  }),
  seed: never(number({ help: "seed of everything random", defaultValue: 0 })),
  "fall-back": toggle({
    help: "resume from the newest intact checkpoint if the last one is damaged or diverged",
  }),
});

/** What is shown and served while it goes on. */
export const OUTPUT = group("Output", {
  dashboard: number({
    help: "show the run on a local page during training, at this port (8010 without a value)",
    value: "[PORT]",
    max: 65535,
    bare: "8010",
  }),
  serve: number({
    help: "serve the best checkpoint on this machine during training, and then until Ctrl-C, " +
      "at this port (8000 without one)",
    value: "[PORT]",
    max: 65535,
    bare: "8000",
  }),
  tensorboard: toggle({ help: "also write the metrics of each step for TensorBoard" }),
  json: jsonToggle("a step on standard output, and nothing else"),
});
