/**
 * onnxruntime, loaded where an ONNX file runs and nowhere else: it is larger than all other packages
 * of a run together.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };

/** The package's module. */
export type OnnxRuntime = typeof import("onnxruntime-web");

let loaded: Promise<OnnxRuntime> | undefined;

/** Loads the package once a process. Its name is computed, so that Deno does not fetch it ahead. */
export function loadOnnxRuntime(): Promise<OnnxRuntime> {
  return loaded ??= import(config.imports["onnxruntime-web"]);
}
