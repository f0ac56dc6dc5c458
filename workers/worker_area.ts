/**
 * Private memory of one worker: the activations of a microbatch and scratch.
 *
 * @module
 */
import {
  attentionBackwardScratchSize,
  attentionScratchSize,
  packedASize,
  packedBSize,
  SIMD256_BYTES,
} from "../kernels/mod.ts";
import { architectureOf } from "../model/architectures.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Groups } from "./groups.ts";
import { placeSampleArea, type SampleArea } from "./sample_area.ts";

/** Floats in a line of the cache. */
const LINE = 16;

/** Byte addresses of one stored decoder layer of a worker; n tokens of the largest pass. */
export interface LayerActivations {
  /** [n, D] input of the layer */
  readonly input: number;
  /** [n] */
  readonly inputRstd: number;
  /** [n, (H + 2K) N], rotated */
  readonly qkv: number;
  /** [n, (H + K) N] queries and keys before their norms, and [n, H + K]; where the model has such. */
  readonly rawHeads: number;
  readonly headRstd: number;
  /** [n, H N] attention output */
  readonly attended: number;
  /** [rows, H, T] log-sum-exp */
  readonly lse: number;
  /** [n, D] after attention's residual */
  readonly middle: number;
  /** [n] */
  readonly middleRstd: number;
  /** [n, 2F] */
  readonly gateUp: number;
  /** [n, F] silu(gate) up */
  readonly activated: number;
}

/** Byte addresses of one worker's private memory. */
export interface WorkerArea {
  readonly layers: readonly LayerActivations[];
  /** [n, D] residual stream past the last layer */
  readonly final: number;
  readonly finalRstd: number;
  /** [n, D] a normalised input */
  readonly normed: number;
  /** [block, V] logits, then their gradient */
  readonly logits: number;
  /** [n, D] gradient of the residual stream */
  readonly dResidual: number;
  /** [n, D] */
  readonly dNormed: number;
  /** [n, (H + 2K) N] */
  readonly dQkv: number;
  /** [n, H N] */
  readonly dAttended: number;
  /** [H + K, N] gradients of one token's normalised heads */
  readonly dHeads: number;
  /** [n, 2F] */
  readonly dGateUp: number;
  /** [n, F] */
  readonly dActivated: number;
  /** Left and right operand of a product, packed. */
  readonly packedA: number;
  readonly packedB: number;
  readonly attention: number;
  /** C, B and unfinished tiles of the current product. */
  readonly simd256Tile: number;
  /** Gradient of one group, waiting for its turn. */
  readonly staged: number;
  /** Gradient of the head of each leaf of a pass, which row blocks accumulate, [V, D]; none where frozen. */
  readonly stagedHead: readonly number[];
  /** Where steps may sample the vocabulary. */
  readonly sample: SampleArea | undefined;
  /** [n, r] input and gradient between the two matrices of an adapter. */
  readonly loraHidden: number;
  readonly loraGradient: number;
  /** Both moments of a segment, out of the far memory. */
  readonly moments: number;
  /** Panels of packed weights on their way, and their floats: none where weights are near and f32. */
  readonly panels: number;
  readonly panelFloats: number;
  /** As many, of a matrix that is stored small. */
  readonly widened: number;
}

/** Places a worker's area; `take` reserves floats and returns their address. */
export function placeWorkerArea(
  {
    config,
    groups,
    n,
    leaves,
    cols,
    logitsRows,
    recompute,
    adapter,
    moments,
    panelFloats,
    hasSmall,
    sampled,
    take,
  }: {
    config: ModelConfig;
    groups: Groups;
    /** Tokens of the largest pass, and its leaves. */
    n: number;
    leaves: number;
    /** T */
    cols: number;
    logitsRows: number;
    /** Store only the layers' inputs; their other activations share one place. */
    recompute: boolean;
    /** Floats of scratch where adapters alone are trained. */
    adapter:
      | { readonly hidden: number; readonly rank: number; readonly staged: number }
      | undefined;
    /** Floats of the largest segment. */
    moments: number;
    /** Floats of panels copied at once; 0 where packed weights are near and none is small. */
    panelFloats: number;
    /** Whether some weights are stored small. */
    hasSmall: boolean;
    /** Tokens of a batch, where steps may sample the vocabulary. */
    sampled?: number;
    take: (floats: number) => number;
  },
): WorkerArea {
  const { hidden_size: D, intermediate_size: F, vocab_size: V, head_dim: N } = config;
  const { num_attention_heads: H, num_key_value_heads: K } = config;
  const { headNorms } = architectureOf(config);
  const Q = (H + 2 * K) * N;
  const A = H * N;
  const widest = Math.max(D, Q, A, 2 * F, adapter?.rank ?? 0);
  // Two gradients of head norms are staged at once.
  const stagedSize = Math.max(
    2 * N,
    ...adapter
      ? [adapter.staged, widest]
      : groups.all.map((g) => g === groups.head ? 0 : g.rows * g.cols),
  );
  const placeLayer = () => ({
    inputRstd: take(n),
    qkv: take(n * Q),
    rawHeads: take(headNorms ? n * (H + K) * N : 0),
    headRstd: take(headNorms ? n * (H + K) : 0),
    attended: take(n * A),
    lse: take(n * H),
    middle: take(n * D),
    middleRstd: take(n),
    gateUp: take(n * 2 * F),
    activated: take(n * F),
  });
  const shared = recompute ? placeLayer() : undefined;
  return {
    layers: Array.from({ length: config.num_hidden_layers }, () => ({
      ...(shared ?? placeLayer()),
      input: take(n * D),
    })),
    ...overlay(take, {
      head: { logits: logitsRows * V },
      mlpBackward: { dGateUp: n * 2 * F, dActivated: n * F },
      attention: {
        dQkv: n * Q,
        dAttended: n * A,
        attention: Math.max(attentionScratchSize(cols, N), attentionBackwardScratchSize(cols, N)),
      },
    }),
    final: take(n * D),
    finalRstd: take(n),
    normed: take(n * D),
    dResidual: take(n * D),
    dNormed: take(n * D),
    dHeads: take(headNorms ? (H + K) * N : 0),
    packedA: take(
      Math.max(
        packedASize(n, widest),
        packedASize(widest, n),
        packedASize(V, logitsRows),
        packedASize(logitsRows, V),
      ),
    ),
    packedB: take(packedBSize(n, widest)),
    simd256Tile: take(SIMD256_BYTES / 4),
    staged: take(stagedSize),
    stagedHead: adapter ? [] : Array.from({ length: leaves }, () => take(V * D)),
    sample: sampled === undefined ? undefined : placeSampleArea(config, { tokens: sampled, take }),
    loraHidden: take(adapter?.hidden ?? 0),
    loraGradient: take(adapter?.hidden ?? 0),
    moments: take(2 * moments),
    panels: take(panelFloats),
    widened: take(hasSmall ? panelFloats : 0),
    panelFloats,
  };
}

type Sizes = Record<string, number>;

/**
 * Overlays the buffers of phases that never overlap in time: each phase's buffers are laid out from
 * the same address. Sizes are in floats, results are byte addresses.
 */
function overlay<Phases extends Record<string, Sizes>>(
  take: (floats: number) => number,
  phases: Phases,
): Record<{ [P in keyof Phases]: keyof Phases[P] }[keyof Phases] & string, number> {
  const sides = Object.values(phases).map((sizes) => {
    let end = 0;
    const offsets = Object.entries(sizes).map(([name, floats]) => {
      const offset = end;
      end += Math.ceil(floats / LINE) * LINE;
      return [name, offset] as const;
    });
    return { offsets, end };
  });
  const base = take(Math.max(...sides.map(({ end }) => end)));
  return Object.fromEntries(
    sides.flatMap(({ offsets }) => offsets.map(([name, offset]) => [name, base + offset * 4])),
  ) as ReturnType<typeof overlay<Phases>>;
}
