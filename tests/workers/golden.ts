/** Golden models computed by PyTorch, opened on the spheres. */
import { parseConfig } from "../../model/config_json.ts";
import { createLayout } from "../../model/layout.ts";
import type { ModelConfig } from "../../model/config.ts";
import {
  openSpheres,
  type OptimizerStep,
  type SphereBatch,
  type Spheres,
  type SpheresOptions,
} from "../../workers/mod.ts";

const ROOT = new URL("../fixtures/goldens/", import.meta.url);

/** Folder names under tests/fixtures/goldens. */
export const GOLDENS = [
  "gqa_untied",
  "mha_tied",
  "qwen2_untied",
  "qwen3_tied",
  "llama3_rope",
  "llama3_rope_wide",
] as const;
export type GoldenName = typeof GOLDENS[number];

/** A safetensors file of f32 tensors, read whole: only for these small fixtures. */
export async function readTensors(file: URL): Promise<Map<string, Float32Array>> {
  const bytes = await Deno.readFile(file);
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)),
  );
  return new Map(
    Object.entries(header).filter(([name]) => name !== "__metadata__").map((
      [name, { data_offsets: [start, end] }],
    ) => [
      name,
      new Float32Array(bytes.buffer.slice(8 + headerLength + start, 8 + headerLength + end)),
    ]),
  );
}

/** The settings of the fixtures' twenty optimizer steps. */
export const GOLDEN_STEP: Omit<OptimizerStep, "step"> = {
  learningRate: 3e-3,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

/** Everything about one golden model. */
export interface Golden {
  readonly config: ModelConfig;
  readonly batch: SphereBatch;
  readonly segmentIds: Int32Array;
  readonly weights: Map<string, Float32Array>;
  readonly expected: Map<string, Float32Array>;
  readonly losses: {
    loss: number;
    packedLoss: number;
    gradNorm: number;
    steps: { loss: number; gradNorm: number }[];
  };
}

/** Reads the fixture `name`. */
export async function readGolden(name: GoldenName): Promise<Golden> {
  const file = (path: string) => new URL(`${name}/${path}`, ROOT);
  const json = async (path: string) => JSON.parse(await Deno.readTextFile(file(path)));
  const raw: Record<"inputIds" | "targetIds" | "mask" | "segmentIds", number[][]> = await json(
    "batch.json",
  );
  const flat = (rows: number[][]) => Int32Array.from(rows.flat());
  const mask = flat(raw.mask);
  return {
    config: parseConfig(await Deno.readTextFile(file("config.json")), { source: name }),
    batch: {
      inputIds: flat(raw.inputIds),
      targetIds: flat(raw.targetIds),
      mask,
      rows: raw.inputIds.length,
      cols: raw.inputIds[0]?.length ?? 0,
      validTokens: mask.reduce((a, b) => a + b, 0),
    },
    segmentIds: flat(raw.segmentIds),
    weights: await readTensors(file("model.safetensors")),
    expected: await readTensors(file("expected.safetensors")),
    losses: await json("expected.json"),
  };
}

/** Opens the spheres on a golden model, weights loaded and packed. */
export async function openGolden(
  { config, batch, weights }: Golden,
  options: Partial<Omit<SpheresOptions, "config" | "rows" | "cols">> = {},
): Promise<Spheres> {
  const spheres = await openSpheres({ config, rows: batch.rows, cols: batch.cols, ...options });
  for (const { name, offset } of createLayout(config).parameters) {
    spheres.parameters.set(weights.get(name) ?? [], offset);
  }
  await spheres.packWeights();
  return spheres;
}

/** Fails where `actual` and `expected` differ by more than `tolerance`, absolute plus relative. */
export function assertClose(
  actual: Float32Array,
  expected: Float32Array,
  { what, tolerance }: { what: string; tolerance: number },
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values where ${expected.length} were expected`);
  }
  for (const [i, value] of expected.entries()) {
    const got = actual[i] as number;
    if (!(Math.abs(got - value) <= tolerance * (1 + Math.abs(value)))) {
      throw new Error(`${what}[${i}]: got ${got}, PyTorch says ${value}`);
    }
  }
}
