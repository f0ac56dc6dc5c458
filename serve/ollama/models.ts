/**
 * What Ollama's `/api/tags`, `/api/ps` and `/api/show` tell of a model.
 *
 * @module
 */
import type { z } from "zod";
import { countParameters } from "../../model/checkpoint/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { anyText, fields, flag, invalid, parseBody } from "../openai/request_fields.ts";
import { withoutTag } from "./fields.ts";
import { unknownModel } from "../openai/answer_checks.ts";

const showSchema = fields({
  model: anyText().nullish(),
  // The old name of model.
  name: anyText().nullish(),
  verbose: flag().nullish(),
});

/** Body of `POST /api/show`. */
export const SHOW_BODY: z.ZodType = showSchema;

/** A model as clients are told of it. */
export interface OllamaDetails {
  readonly name: string;
  readonly config: ModelConfig;
  /** Which weights it runs, such as `step-000900`. */
  readonly fingerprint: string;
  /** When it began to be served. */
  readonly since: Date;
  /** Whether it has a chat template of its own. */
  readonly chats: boolean;
  readonly thinks: boolean;
  readonly embeds: boolean;
}

/** The answer to `GET /api/tags`. */
export function listModels(
  models: readonly (OllamaDetails | Pick<OllamaDetails, "name">)[],
): { models: object[] } {
  return {
    models: models.map((model) => ({
      name: `${model.name}:latest`,
      model: `${model.name}:latest`,
      ...("config" in model
        ? {
          modified_at: model.since.toISOString(),
          size: countParameters(model.config) * 4,
          digest: model.fingerprint,
          details: detailsOf(model),
        }
        : {}),
    })),
  };
}

/** Ollama's own time for a model that stays in memory: none is unloaded because time goes by. */
const NEVER = "2318-03-14T00:00:00Z";

/** The answer to `GET /api/ps`: models in memory. */
export function listRunning(models: readonly OllamaDetails[]): object {
  const { models: running } = listModels(models);
  return {
    models: running.map((model) => ({ ...model, expires_at: NEVER, size_vram: 0 })),
  };
}

/** The answer to a body of `POST /api/show`. @throws {ApiError} 400, or 404 for another model */
export function describeModel(body: unknown, model: OllamaDetails): object {
  const { model: asked, name } = parseBody(body, showSchema);
  const wanted = asked ?? name;
  if (wanted == null) throw invalid("model is required and must be a string", "model");
  if (withoutTag(wanted) !== model.name) throw unknownModel(wanted);
  const { config, chats, thinks, embeds, since } = model;
  const architecture = "llama";
  const inArchitecture = {
    context_length: config.max_position_embeddings,
    embedding_length: config.hidden_size,
    block_count: config.num_hidden_layers,
    feed_forward_length: config.intermediate_size,
    "attention.head_count": config.num_attention_heads,
    "attention.head_count_kv": config.num_key_value_heads,
    vocab_size: config.vocab_size,
  };
  return {
    details: detailsOf(model),
    model_info: {
      "general.architecture": architecture,
      "general.parameter_count": countParameters(config),
      ...Object.fromEntries(
        Object.entries(inArchitecture).map(([key, value]) => [`${architecture}.${key}`, value]),
      ),
    },
    capabilities: [
      "completion",
      ...chats ? ["tools"] : [],
      ...thinks ? ["thinking"] : [],
      ...embeds ? ["embedding"] : [],
    ],
    modified_at: since.toISOString(),
  };
}

function detailsOf({ config }: OllamaDetails) {
  const millions = countParameters(config) / 1e6;
  return {
    parent_model: "",
    format: "",
    family: "llama",
    families: ["llama"],
    parameter_size: millions < 1000
      ? `${millions.toFixed(1)}M`
      : `${(millions / 1000).toFixed(1)}B`,
    quantization_level: "",
  };
}
