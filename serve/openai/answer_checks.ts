/**
 * What is checked before anything is generated.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import {
  type AnswerShape,
  checkPrompt,
  type Grammar,
  type Grammars,
  type LogitBias,
  type RunSteps,
  type Scheduler,
  SchemaError,
  type TextCodec,
  ToolSchemaError,
} from "../../engine/mod.ts";

/** The request's fields that refusals name. */
export interface FieldNames {
  /** Where the prompt does not fit. */
  readonly prompt: string;
  /** Where the answer cannot be held to a schema. */
  readonly format: string;
  /** The same of the arguments of a tool, by its place. */
  readonly tool: (index: number) => string;
}

/** The refusal of a model that is not served here. */
export function unknownModel(model: string): ApiError {
  return new ApiError(`The model ${JSON.stringify(model)} does not exist`, {
    status: 404,
    param: "model",
    code: "model_not_found",
  });
}

/** Refuses ids that the model does not have, or too many of them. */
export function checkIds(
  ids: ArrayLike<number>,
  { scheduler, promptField }: { scheduler: Scheduler; promptField: string },
): void {
  const { config } = scheduler.engine;
  try {
    // An empty prompt stands for the beginning of a text.
    if (ids.length > 0) checkPrompt(ids, config);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const code = ids.length >= config.max_position_embeddings ? "context_length_exceeded" : null;
    throw new ApiError(cause.message, { status: 400, param: promptField, code, cause });
  }
}

/** What holds the answer to a shape, if there is one; refuses one that nothing can hold it to. */
export async function grammarOf(
  shape: AnswerShape | undefined,
  { grammars, run, named }: { grammars: Grammars; run: RunSteps; named: FieldNames },
): Promise<Grammar | undefined> {
  if (!shape) return undefined;
  try {
    return await run(grammars(shape));
  } catch (cause) {
    // A schema may combine so much that its automaton has no place on the stack.
    if (!(cause instanceof SchemaError || cause instanceof RangeError)) throw cause;
    const reason = cause instanceof SchemaError ? cause.message : "the schema combines too much";
    const tool = cause instanceof ToolSchemaError ? cause.tool : 0;
    const isOfTool = !shape.schema || cause instanceof ToolSchemaError;
    const param = isOfTool ? named.tool(tool) : named.format;
    const message = `The answer cannot be held to ${param}: ${reason}`;
    throw new ApiError(message, { status: 400, param, cause });
  }
}

/** Refuses a bias for what is no token. */
export function checkBias(logitBias: LogitBias | undefined, codec: TextCodec): void {
  for (const id of logitBias?.keys() ?? []) {
    if (id < codec.vocabSize) continue;
    const message = `logit_bias names token ${id}, and there are only 0 to ${codec.vocabSize - 1}`;
    throw new ApiError(message, { status: 400, param: "logit_bias" });
  }
}
