/**
 * Flags for choosing tokens.
 *
 * @module
 */
import { number } from "./flags.ts";

/** Defaults suit a small model: a little cooler than it was trained, without the long tail. */
export const SAMPLING_FLAGS = {
  temperature: number({
    help: "0 takes the likeliest token always",
    value: "X",
    integer: false,
    defaultValue: 0.8,
  }),
  "top-k": number({ help: "only the k likeliest tokens", min: 1, defaultValue: 40 }),
  "top-p": number({
    help: "only the likeliest tokens that reach this probability",
    value: "X",
    integer: false,
    max: 1,
    defaultValue: 0.95,
  }),
  seed: number({ help: "same seed, prompt and weights: same text", defaultValue: 0 }),
  "max-tokens": number({ help: "tokens to generate at most", min: 1, defaultValue: 100 }),
};
