/**
 * What to do where a model has no room.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import type { LoraConfig } from "../../model/lora.ts";
import type { FrozenType } from "../../workers/mod.ts";

/** What is trained. */
export interface Trained {
  /** Folder of the model to start from; weights that are new have none. */
  readonly init?: string | undefined;
  readonly lora?: LoraConfig;
  readonly frozenType?: FrozenType;
}

/**
 * What `open` makes; where it has no room for a given model, the error says what takes less.
 *
 * @throws {UsageError} in the place of a `RangeError`
 */
export async function orAdapter<T>(
  { init, lora, frozenType = "f32" }: Trained,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (!(cause instanceof RangeError) || init === undefined) throw cause;
    const less = lora === undefined
      ? `An adapter takes far less: deno task tune --init ${init} --lora 16 CONVERSATIONS.jsonl`
      : frozenType === "f32"
      ? "With --frozen int8 the model takes a third"
      : "Less memory takes a smaller --context or fewer --rows";
    throw new UsageError(`${cause.message}. ${less}`, { cause });
  }
}
