/**
 * The root control sphere: owns the shared memory and the workers, hands out batches and awaits
 * their completion. It never computes and never blocks the thread it lives on.
 *
 * @module
 */
import { compileKernels, createFarMemory, hasSimd256 } from "../kernels/mod.ts";
import { createLayout, type Layout } from "../model/layout.ts";
import { createAdapterLayout } from "../model/lora.ts";
import { ropeTables } from "../model/rope.ts";
import { Command, decide, Fate, MicrobatchResult, StepParameter, Word } from "./control_words.ts";
import { DivergedError } from "./diverged.ts";
import { storeFrozen } from "./frozen.ts";
import { createGroups } from "./groups.ts";
import { type MemoryPlan, planMemory } from "./memory_plan.ts";
import { placeBatch } from "./place_batch.ts";
import { PROFILED } from "./profile.ts";
import type { SphereStart } from "./sphere.ts";
import type {
  OptimizerStep,
  SphereBatch,
  SphereCounters,
  Spheres,
  SpheresOptions,
  StepOutcome,
} from "./spheres.ts";
import { createTopology, DEFAULT_LEAVES, type Topology } from "./topology.ts";
import { WorkerPool } from "./worker_pool.ts";

/**
 * Starts the workers and waits until they are ready. Parameters start at zero: fill them, then call
 * `packWeights`.
 *
 * @throws {RangeError} when the model does not fit, before anything is allocated
 * @example
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { presetConfig } from "../model/config.ts";
 * import { openSpheres } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
 * await using spheres = await openSpheres({ config, rows: 1, cols: 2, workers: 1 });
 * const ids = { inputIds: Int32Array.of(1, 2), targetIds: Int32Array.of(2, 3) };
 * const batch = { ...ids, mask: Int32Array.of(1, 1), rows: 1, cols: 2, validTokens: 2 };
 * const { loss, tokens } = await spheres.evaluate(batch);
 * assertEquals(tokens, 2);
 * assertAlmostEquals(loss / tokens, Math.log(300), 1e-5); // Weights of zero find all ids alike.
 * ```
 */
export async function openSpheres(options: SpheresOptions): Promise<Spheres> {
  const {
    config,
    rows,
    cols,
    leaves = DEFAULT_LEAVES,
    workers = navigator.hardwareConcurrency,
    strictSimd = false,
    keepLogits = false,
    profile = false,
    recompute = false,
    nearBytes,
    simd256 = hasSimd256(),
    headSample,
    lora,
    frozenType,
  } = options;
  const topology = createTopology({ leaves, workers });
  const plan = planMemory({
    config,
    topology,
    rows,
    cols,
    keepLogits,
    profile,
    recompute,
    ...(headSample && { headSample }),
    ...(lora && { lora }),
    ...(frozenType && { frozenType }),
    ...nearBytes !== undefined && { nearBytes },
  });
  const module = await compileKernels({ strictSimd });
  const pages = plan.bytes / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { cos, sin } = ropeTables(config, { positions: cols });
  new Float32Array(memory.buffer, plan.ropeCos, cos.length).set(cos);
  new Float32Array(memory.buffer, plan.ropeSin, sin.length).set(sin);
  const root = new RootSphere(plan, memory, simd256 && !strictSimd);
  await root.start(module);
  return root;
}

class RootSphere implements Spheres {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly bytes: number;
  readonly simd256: boolean;
  readonly frozen: Float32Array | undefined;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly logits: Float32Array;
  readonly losses: Float32Array;
  readonly #plan: MemoryPlan;
  readonly #memory: WebAssembly.Memory;
  readonly #farMemory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #stepParameters: Float64Array;
  readonly #results: Float64Array;
  readonly #pool: WorkerPool;
  diverged = false;
  abandoned = false;

  constructor(plan: MemoryPlan, memory: WebAssembly.Memory, simd256: boolean) {
    const base = createLayout(plan.dims.config);
    const { lora } = plan.dims;
    const layout = lora ? createAdapterLayout(base, lora) : base;
    this.simd256 = simd256;
    this.#plan = plan;
    this.#memory = memory;
    this.#farMemory = createFarMemory(plan.farBytes);
    this.layout = layout;
    this.topology = plan.dims.topology;
    this.bytes = plan.bytes + plan.farBytes;
    const view = (address: number, length = layout.length) =>
      new Float32Array(memory.buffer, address, length);
    const isWhole = plan.small.every((matrix) => matrix === undefined);
    this.frozen = lora && isWhole ? view(plan.weights, base.length) : undefined;
    this.parameters = view(plan.trained);
    this.gradients = view(plan.gradients);
    const farView = (address: number) =>
      new Float32Array(this.#farMemory.buffer, address, layout.length);
    this.firstMoment = farView(plan.firstMoment);
    this.secondMoment = farView(plan.secondMoment);
    const { rows, cols, config, keepLogits } = plan.dims;
    this.logits = view(plan.keptLogits, keepLogits ? rows * cols * config.vocab_size : 0);
    this.losses = view(plan.losses, rows * cols);
    this.#words = new Int32Array(memory.buffer, plan.control, 4096);
    this.#stepParameters = new Float64Array(memory.buffer, plan.parametersIn, 64);
    this.#results = new Float64Array(
      memory.buffer,
      plan.microbatchResults,
      this.topology.leaves * MicrobatchResult.width,
    );
    this.#pool = new WorkerPool(this.#words);
  }

  /** Spawns the workers; resolves when all are ready. */
  async start(module: WebAssembly.Module): Promise<void> {
    const starts = Array.from({ length: this.topology.workers }, (_, worker): SphereStart => {
      return {
        worker,
        plan: this.#plan,
        module,
        memory: this.#memory,
        farMemory: this.#farMemory,
        simd256: this.simd256,
      };
    });
    await this.#pool.start(starts, (worker) =>
      new Worker(new URL("./sphere.ts", import.meta.url), {
        type: "module",
        name: `sphere-${worker}`,
      }));
  }

  get failed(): boolean {
    return this.#pool.failed && !this.abandoned;
  }

  abandon(): void {
    const isStep = Atomics.load(this.#words, Word.command) === Command.train;
    if (this.#pool.failed || !isStep) return;
    // A step that is over has updated.
    if (decide(this.#words, Fate.abandoned) !== Fate.abandoned) return;
    this.abandoned = true;
    void this.#pool[Symbol.asyncDispose]();
  }

  kernelMs(): Record<string, number> {
    const { workers } = this.topology;
    const width = PROFILED.length;
    const totals = new Float64Array(this.#memory.buffer, this.#plan.profile, workers * width);
    return Object.fromEntries(PROFILED.map((name, column) => {
      const sum = totals.reduce((sum, ms, i) => i % width === column ? sum + ms : sum, 0);
      return [name, sum];
    }));
  }

  async packWeights(): Promise<void> {
    await this.#command(Command.pack);
  }

  async fillFrozen(fill: (weights: Float32Array) => Promise<void>): Promise<void> {
    if (this.frozen) return await fill(this.frozen);
    const { config } = this.#plan.dims;
    const layout = createLayout(config);
    const all = new Float32Array(layout.length);
    await fill(all);
    const groups = createGroups(config, layout).all;
    storeFrozen(this.#memory.buffer, { all, groups, plan: this.#plan });
  }

  useAdapter(isUsed: boolean): void {
    this.#stepParameters[StepParameter.adapterOff] = isUsed ? 0 : 1;
  }

  async step(batch: SphereBatch, optimizer: OptimizerStep): Promise<StepOutcome> {
    const { sampleHead = false } = optimizer;
    const isKeeping = this.logits.length > 0;
    if (sampleHead && (!this.#plan.dims.headSample || isKeeping)) {
      const how = isKeeping ? "to keep every logit" : "without headSample";
      throw new TypeError(`Cannot sample the vocabulary: the spheres were opened ${how}`);
    }
    placeBatch(batch, { plan: this.#plan, memory: this.#memory, words: this.#words });
    const put = (index: number, value: number) => this.#stepParameters[index] = value;
    put(StepParameter.learningRate, optimizer.learningRate);
    put(StepParameter.beta1, optimizer.beta1);
    put(StepParameter.beta2, optimizer.beta2);
    put(StepParameter.epsilon, optimizer.epsilon);
    put(StepParameter.weightDecay, optimizer.weightDecay);
    put(StepParameter.clip, optimizer.clip);
    put(StepParameter.biasCorrection1, 1 - optimizer.beta1 ** optimizer.step);
    put(StepParameter.biasCorrection2, 1 - optimizer.beta2 ** optimizer.step);
    put(StepParameter.muon, optimizer.muon ? 1 : 0);
    put(StepParameter.muonLearningRate, optimizer.muon?.learningRate ?? 0);
    put(StepParameter.muonMomentum, optimizer.muon?.momentum ?? 0);
    put(StepParameter.muonPolarRounds, optimizer.muon?.polarRounds ?? 0);
    put(StepParameter.embeddingRate, optimizer.embeddingRate ?? 1);
    put(StepParameter.step, optimizer.step);
    put(StepParameter.headSampled, sampleHead ? 1 : 0);
    put(StepParameter.lossLimit, optimizer.limits?.loss ?? Infinity);
    put(StepParameter.gradNormLimit, optimizer.limits?.gradNorm ?? Infinity);
    put(StepParameter.gradientScale, 1 / Math.max(1, batch.validTokens));
    await this.#command(Command.train);
    const spheres = this.#outcomes();
    const loss = this.#loss() / Math.max(1, batch.validTokens);
    const gradNorm = this.#stepParameters[StepParameter.gradNorm] as number;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      const found = `loss is ${loss} and gradient norm ${gradNorm}`;
      this.#diverge(`Cannot update at step ${optimizer.step}: ${found}`);
    }
    const skipped = this.#stepParameters[StepParameter.skipped] === 1;
    return { loss, gradNorm, skipped, spheres };
  }

  async evaluate(batch: SphereBatch): Promise<{ loss: number; tokens: number }> {
    placeBatch(batch, { plan: this.#plan, memory: this.#memory, words: this.#words });
    await this.#command(Command.evaluate);
    const tokens = this.#outcomes().reduce((sum, microbatch) => sum + microbatch.tokens, 0);
    const loss = this.#loss();
    if (!Number.isFinite(loss)) this.#diverge(`Cannot validate: loss is ${loss / tokens}`);
    return { loss, tokens };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  /** Issues a command and waits, without blocking, until every worker is done with it. */
  async #command(command: number): Promise<void> {
    this.#words.fill(0, Word.counters);
    Atomics.store(this.#words, Word.command, command);
    await this.#pool.run();
  }

  #loss(): number {
    let loss = 0;
    for (let microbatch = 0; microbatch < this.topology.leaves; microbatch++) {
      loss += this.#results[microbatch * MicrobatchResult.width + MicrobatchResult.loss] as number;
    }
    return loss;
  }

  #outcomes(): SphereCounters[] {
    return Array.from({ length: this.topology.leaves }, (_, microbatch) => {
      const column = (index: number) =>
        this.#results[microbatch * MicrobatchResult.width + index] as number;
      return {
        microbatch,
        worker: column(MicrobatchResult.worker),
        tokens: column(MicrobatchResult.tokens),
        computeMs: column(MicrobatchResult.computeMs),
        waitMs: column(MicrobatchResult.waitMs),
        bytesReduced: column(MicrobatchResult.bytesReduced),
      };
    });
  }

  #diverge(found: string): never {
    this.diverged = true;
    throw new DivergedError(`${found}; training has diverged, try a lower --learning-rate`);
  }
}
