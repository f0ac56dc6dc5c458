/**
 * What decides the weights of a tuned model, besides its files.
 *
 * @module
 */
import type { LoraConfig } from "../../model/lora.ts";
import type { OptimizerSettings } from "../../run/settings/training.ts";
import type { FrozenType } from "../../workers/mod.ts";

/** Settings of {@linkcode "./tune.ts"}; saved with every checkpoint. */
export interface TuneSettings extends OptimizerSettings {
  /** Folder of the model to start from. */
  readonly init: string;
  readonly chatTemplate: string | undefined;
  readonly seed: number;
  /** Passes over the conversations, where `steps` says nothing; three or more where undefined. */
  readonly epochs: number | undefined;
  readonly steps: number | undefined;
  /** Hours that training may take, or tokens: `steps` follow where either is set. */
  readonly hours: number | undefined;
  readonly tokens: number | undefined;
  /** B; as the conversations are by default. */
  readonly rows: number | undefined;
  /** T; as the conversations are by default. */
  readonly context: number | undefined;
  readonly leaves: number;
  readonly guard: number;
  readonly strictSimd: boolean;
  /** Trains this adapter alone. */
  readonly lora: LoraConfig | undefined;
  /** How the matrices beside it are kept; set with `lora` alone. */
  readonly frozen: FrozenType | undefined;
  /** Learns preferences, by how much they count against staying near the model; needs `lora`. */
  readonly beta: number | undefined;
}
