/**
 * What an ONNX file of a decoder takes and gives, by the names that Hugging Face's exporters use; for
 * the cache's outputs those of older ones too.
 *
 * @module
 */
import type { InferenceSession } from "onnxruntime-web";
import type { ModelConfig } from "../../model/config.ts";

/** Names that a step is run by. */
export interface OnnxSignature {
  /** Whether positions are told; exports with onnxruntime's own attention count them. */
  readonly takesPositions: boolean;
  /** Cache inputs, and the outputs `[1, K, past + T, N]` that feed them in the next step. */
  readonly cache: readonly { readonly past: string; readonly present: string }[];
}

/** What is looked at of a session. */
type Described = Pick<
  InferenceSession,
  "inputNames" | "outputNames" | "inputMetadata" | "outputMetadata"
>;

/** Begins the name of a cache output. */
const PRESENT = ["present", "present_key_values", "new_past_key_values"] as const;

/**
 * Reads the names off a session.
 *
 * @throws {TypeError} naming what the file lacks, or has and cannot be given, for a decoder of `config`
 */
export function readSignature(session: Described, config: ModelConfig): OnnxSignature {
  const { num_hidden_layers: L, num_key_value_heads: K, head_dim: N, vocab_size: V } = config;
  const places = Array.from({ length: L }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
  const pastOf = (place: string) => `past_key_values.${place}`;
  const wanted = ["input_ids", "attention_mask", ...places.map(pastOf)];
  const { inputNames, outputNames } = session;
  const lacking = wanted.filter((name) => !inputNames.includes(name));
  if (lacking.length > 0) {
    throw new TypeError(
      `Cannot open the ONNX model: it lacks the inputs ${lacking.join(", ")}; it has ${
        inputNames.join(", ")
      }. A decoder of ${L} layers must be exported with its key/value cache`,
    );
  }
  const foreign = inputNames.filter((name) => name !== "position_ids" && !wanted.includes(name));
  if (foreign.length > 0) {
    throw new TypeError(
      `Cannot open the ONNX model: it also wants ${
        foreign.join(", ")
      }, which only other programs ` +
        `give; config.json has ${L} layers`,
    );
  }
  if (!outputNames.includes("logits")) {
    throw new TypeError(
      `Cannot open the ONNX model: it lacks the output logits; it has ${outputNames.join(", ")}`,
    );
  }
  const cache = places.map((place) => {
    const names = PRESENT.map((name) => `${name}.${place}`);
    const present = names.find((name) => outputNames.includes(name));
    if (present !== undefined) return { past: pastOf(place), present };
    throw new TypeError(
      `Cannot open the ONNX model: it lacks the output ${names.join(" or ")}; it has ${
        outputNames.join(", ")
      }`,
    );
  });
  for (const { past } of cache) {
    checkShape(session.inputMetadata, past, [undefined, K, undefined, N]);
  }
  checkShape(session.outputMetadata, "logits", [undefined, undefined, V]);
  return { takesPositions: inputNames.includes("position_ids"), cache };
}

/** Holds a tensor to floats and to the sizes that are known on both sides. */
function checkShape(
  metadata: readonly InferenceSession.ValueMetadata[],
  name: string,
  sizes: readonly (number | undefined)[],
): void {
  const found = metadata.find((value) => value.name === name);
  if (!found?.isTensor) throw new TypeError(`Cannot open the ONNX model: ${name} is no tensor`);
  if (found.type !== "float32") {
    throw new TypeError(
      `Cannot open the ONNX model: ${name} is of ${found.type}; export it with float32 there`,
    );
  }
  const fits = found.shape.length === sizes.length &&
    found.shape.every((size, i) =>
      typeof size === "string" || size < 0 || sizes[i] === undefined || size === sizes[i]
    );
  if (fits) return;
  const wanted = sizes.map((size) => size ?? "any").join(", ");
  throw new TypeError(
    `Cannot open the ONNX model: ${name} has the shape [${found.shape.join(", ")}], and by ` +
      `config.json it must be [${wanted}]`,
  );
}
