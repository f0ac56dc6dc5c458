/**
 * The flags of `pipeline` in groups, each on a screen of its own.
 *
 * @module
 */
import { type FlagGroups, groupFlags } from "../../cli/flag_groups.ts";
import { PIPELINE_FLAGS } from "./pipeline.ts";

/** Each flag of `pipeline` in one group. */
export const PIPELINE_GROUPS: FlagGroups = groupFlags(PIPELINE_FLAGS, {
  "The run": ["run", "force", "seed", "fall-back"],
  "Crawling": [
    ...["max-pages", "include", "exclude", "delay", "user-agent", "contact"] as const,
    "allow-private",
  ],
  "Reading": ["all-files", "text-field", "extract"],
  "Which text stays": [
    ...["min-chars", "filters", "filter-settings", "language", "language-score"] as const,
    ...["mask-personal-data", "near-duplicates", "dedup-against", "repeated-lines"] as const,
    "keep-dropped",
  ],
  "Tokenizer and model": ["vocab", "preset", "context", "init", "hold-out"],
  "Training": ["steps", "seconds", "patience", "order", "warm-up-corpus"],
  "Optimizer": [
    ...["optimizer", "learning-rate", "schedule", "warmup", "decay"] as const,
    ...["weight-decay", "clip", "guard"] as const,
  ],
  "Workers": ["workers", "leaves", "grad-accumulation", "strict-simd", "recompute"],
  "Checkpoints": ["checkpoint-every", "keep-last", "keep-every", "validate-every"],
  "Output": ["dashboard", "serve", "tensorboard", "json"],
});
