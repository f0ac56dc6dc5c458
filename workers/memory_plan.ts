/**
 * Lays out everything a training run needs in two shared memories before allocating them, so that a
 * model that does not fit is refused with the sizes: in the near one what kernels work on, and in the
 * far one the moments, and packed weights where the near one has no room for them.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import { MAX_FAR_BYTES, NR, packedBSize } from "../kernels/mod.ts";
import { createAdapterLayout, type LoraConfig, loraScale } from "../model/lora.ts";
import { adapterScratch, createAdapters } from "./adapter_groups.ts";
import { type FrozenType, isSmall, placeFrozen, type SmallMatrix } from "./frozen.ts";
import { createGroups, type PackedGroup, type ParameterGroup } from "./groups.ts";
import type { HeadSample } from "./sample_area.ts";
import { cutSegments, type Segment } from "./segments.ts";
import { placeWorkerArea, type WorkerArea } from "./worker_area.ts";
import { hiddenMatrices, type HiddenMatrix, type MuonArea, placeMuonArea } from "./muon_area.ts";
import { PROFILED } from "./profile.ts";
import { type Pass, passOf, type Topology } from "./topology.ts";

export type { Segment } from "./segments.ts";

/** Bytes of a WebAssembly page, and what 32 bits can address; floats of a worker's block of logits. */
const PAGE = 65536, MAX_BYTES = 65536 * PAGE, LOGITS_BLOCK = 1 << 20;

/** Dimensions of a run. */
export interface PlanDims {
  readonly config: ModelConfig;
  readonly topology: Topology;
  /** B, rows of the largest batch. */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Keep the logits of a whole batch, for tests and parity checks. */
  readonly keepLogits: boolean;
  /** Measure the time in each kernel. */
  readonly profile: boolean;
  /** Recompute activations in the backward pass instead of storing them. */
  readonly recompute: boolean;
  /** Sample of the vocabulary that steps may score. */
  readonly headSample?: HeadSample;
  /** Train this adapter alone. */
  readonly lora?: LoraConfig;
  /** How the matrices of the layers are stored where an adapter is trained; f32 by default. */
  readonly frozenType?: FrozenType;
  /** Most bytes of the near memory; what 32 bits address by default. */
  readonly nearBytes?: number;
}

/** The layout as plain data, posted to every worker. */
export interface MemoryPlan {
  readonly dims: PlanDims;
  /** Leaves that a worker takes at once. */
  readonly leavesPerPass: number;
  /** Rows of logits computed at once. */
  readonly logitsRows: number;
  /** Of what is trained. */
  readonly segments: readonly Segment[];
  /** Of packed groups that are frozen. */
  readonly frozenSegments: readonly Segment[];
  /** Factor of an adapter's product. */
  readonly loraScale: number;
  /** Units of a Muon update. */
  readonly hiddenMatrices: readonly HiddenMatrix[];
  /** Int32 words, see control_words.ts. */
  readonly control: number;
  /** Float64 words: step parameters in. */
  readonly parametersIn: number;
  /** Float64 [microbatches, 6]: loss, tokens, computing, waiting, bytes, worker. */
  readonly microbatchResults: number;
  /** Float64 [segments]: sums of squares. */
  readonly partialSums: number;
  /** Float64 [W, kernels]: milliseconds, see profile.ts. */
  readonly profile: number;
  readonly weights: number;
  /** Address of a group's f32 weights, by its index; undefined where they are stored small. */
  readonly baseWeights: readonly (number | undefined)[];
  /** By group index; undefined where the weights are f32. */
  readonly small: readonly (SmallMatrix | undefined)[];
  /** What is trained: the weights, or an adapter's. Gradients and moments are of its layout. */
  readonly trained: number;
  readonly gradients: number;
  /** In the far memory, as the next. */
  readonly firstMoment: number;
  readonly secondMoment: number;
  /** By group index; undefined where the group is never a product's right-hand side. */
  readonly packed: readonly (PackedGroup | undefined)[];
  /** [T, N/2] */
  readonly ropeCos: number;
  readonly ropeSin: number;
  /** Int32 [B, T] each */
  readonly inputIds: number;
  readonly targetIds: number;
  readonly mask: number;
  readonly positions: number;
  readonly segmentIds: number;
  /** Float32 [B, T] */
  readonly losses: number;
  /** Float32 [B, T] */
  readonly tokenWeights: number;
  /** Float32 [B, T, V] when kept, else 0. */
  readonly keptLogits: number;
  readonly areas: readonly WorkerArea[];
  /** One per worker. */
  readonly muonAreas: readonly MuonArea[];
  /** Bytes of the near memory, and of the far. */
  readonly bytes: number;
  readonly farBytes: number;
}

/**
 * Plans the memory of a run.
 *
 * @throws {RangeError} when the run needs more than can be addressed; the message shows the sums and
 * what to change
 */
export function planMemory(dims: PlanDims): MemoryPlan {
  const { nearBytes = MAX_BYTES } = dims;
  const fits = ({ plan }: ReturnType<typeof layOut>) =>
    plan.bytes <= nearBytes && plan.farBytes <= MAX_FAR_BYTES;
  const pass = passOf(dims.topology, dims);
  // Each leaf of a pass has a gradient of the head of its own.
  const single = { ...pass, leaves: 1 };
  for (const tried of [pass, single]) {
    const near = layOut(dims, { farWeights: false, pass: tried });
    if (fits(near)) return near.plan;
    const far = layOut(dims, { farWeights: true, pass: tried });
    if (fits(far)) return far.plan;
  }
  const { plan, shares } = layOut(dims, { farWeights: true, pass: single });
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new RangeError(
    `Cannot train this model: it needs ${
      mebibytes(plan.bytes)
    } of shared memory that kernels work ` +
      `on, and 4096 MiB are addressable (${
        shares.map(([what, bytes]) => `${what} ${mebibytes(bytes)}`).join(", ")
      }), beside ${mebibytes(plan.farBytes)} of other memory, of at most ${
        mebibytes(MAX_FAR_BYTES)
      }; use --recompute, a smaller --preset or fewer --workers`,
  );
}

/** Lays everything out for passes of so many leaves, packed weights in the far memory if `farWeights`. */
function layOut(
  dims: PlanDims,
  { farWeights, pass }: { farWeights: boolean; pass: Pass },
): { plan: MemoryPlan; shares: readonly [what: string, bytes: number][] } {
  const { config, topology, rows, cols, keepLogits, lora, frozenType = "f32" } = dims;
  const layout = createLayout(config);
  const groups = createGroups(config, layout);
  const adapters = lora && createAdapters(lora, layout, groups);
  const allGroups = [...groups.all, ...adapters?.all ?? []];
  const { length } = lora ? createAdapterLayout(layout, lora) : layout;
  const { vocab_size: V, head_dim: N } = config;
  const n = pass.leaves * pass.leafTokens;
  const logitsRows = Math.max(1, Math.min(pass.leafTokens, Math.floor(LOGITS_BLOCK / V)));

  // The first page belongs to the kernels' constants.
  let end = PAGE, farEnd = 0;
  const shares: [what: string, bytes: number][] = [];
  const takeFar = (count: number) => {
    const at = farEnd;
    farEnd = Math.ceil((farEnd + count * 4) / 64) * 64;
    return at;
  };
  const take = (count: number, bytesEach = 4) => {
    const at = end;
    end = Math.ceil((end + count * bytesEach) / 64) * 64;
    return at;
  };
  const share = <T>(what: string, place: () => T): T => {
    const before = end;
    const placed = place();
    shares.push([what, end - before]);
    return placed;
  };

  const segments = cutSegments(adapters?.all ?? groups.all);
  const isSmallHere = (group: ParameterGroup) => isSmall(lora ? frozenType : "f32", group);
  const smallGroups = groups.all.filter(isSmallHere), hasSmall = smallGroups.length > 0;
  const frozen = lora ? groups.all.filter(({ packed }) => packed) : [];
  const frozenSegments = cutSegments(frozen.filter((group) => !isSmallHere(group)));
  const matrices = lora ? [] : hiddenMatrices(layout, groups);
  const control = take(4096);
  const parametersIn = take(64, 8);
  const microbatchResults = take(topology.leaves * 6, 8);
  const partialSums = take(segments.length, 8);
  const profile = take(topology.workers * PROFILED.length, 8);
  const [weights, gradients] = share(
    "weights and gradients",
    () => [take(hasSmall ? 0 : layout.length), take(length)],
  ) as [number, number];
  const placed = { type: frozenType, hasSmall, weights, take };
  const { small, baseWeights } = share("frozen weights", () => placeFrozen(groups.all, placed));
  const trained = share("adapters", () => lora ? take(length) : weights);
  const [firstMoment, secondMoment] = [takeFar(length), takeFar(length)];
  const packed = share("packed weights", () =>
    allGroups.map(({ index, packed, cols, rows }) => {
      if (!packed || small[index]) return undefined;
      // An adapter's are few.
      const isFar = farWeights && index < groups.all.length;
      const takePacked = isFar ? takeFar : take;
      return {
        forward: takePacked(packedBSize(cols, rows)),
        backward: takePacked(packedBSize(rows, cols)),
        isFar,
      };
    }));
  const ropeCos = take(cols * N / 2);
  const ropeSin = take(cols * N / 2);
  const [inputIds, targetIds, mask, positions, segmentIds, losses, tokenWeights] = share(
    "the batch",
    () => Array.from({ length: 7 }, () => take(rows * cols)),
  ) as [number, number, number, number, number, number, number];
  const adapter = lora && adapterScratch(lora, { n, all: adapters?.all ?? [] });
  const keptLogits = share("kept logits", () => keepLogits ? take(rows * cols * V) : 0);
  const colsOf = ({ group }: Segment) => allGroups[group]?.cols ?? 0;
  const sizeOf = (segment: Segment) => segment.rows * colsOf(segment);
  // A segment in either order, and one panel of any product.
  const panelFloats = Math.max(
    ...[...segments, ...frozenSegments, ...cutSegments(smallGroups)].map((segment) => {
      const cols = colsOf(segment);
      return Math.max(packedBSize(cols, segment.rows), packedBSize(segment.rows, cols));
    }),
    ...groups.all.map(({ rows, cols }) => NR * Math.max(rows, cols)),
  );
  const workers = share(
    `activations and scratch of ${topology.workers} workers`,
    () =>
      Array.from({ length: topology.workers }, () => {
        const start = end;
        const area = placeWorkerArea({
          config,
          groups,
          n,
          leaves: pass.leaves,
          cols,
          logitsRows,
          recompute: dims.recompute,
          adapter,
          moments: Math.max(...segments.map(sizeOf)),
          panelFloats: farWeights || hasSmall ? panelFloats : 0,
          hasSmall,
          ...dims.headSample && { sampled: rows * cols },
          take,
        });
        const areaEnd = end;
        // Muon runs when all microbatches are done: it takes the place of their activations.
        end = start;
        const muonArea = placeMuonArea({ matrices, take });
        end = Math.max(end, areaEnd);
        return { area, muonArea };
      }),
  );
  const plan: MemoryPlan = {
    dims,
    leavesPerPass: pass.leaves,
    logitsRows,
    segments,
    frozenSegments,
    loraScale: lora ? loraScale(lora) : 0,
    hiddenMatrices: matrices,
    control,
    parametersIn,
    microbatchResults,
    partialSums,
    profile,
    weights,
    baseWeights,
    small,
    trained,
    gradients,
    firstMoment,
    secondMoment,
    packed,
    ropeCos,
    ropeSin,
    inputIds,
    targetIds,
    mask,
    positions,
    segmentIds,
    losses,
    tokenWeights,
    keptLogits,
    areas: workers.map(({ area }) => area),
    muonAreas: workers.map(({ muonArea }) => muonArea),
    bytes: Math.ceil(end / PAGE) * PAGE,
    farBytes: Math.ceil(farEnd / PAGE) * PAGE,
  };
  return { plan, shares };
}
