/**
 * Several models, which are loaded when they are asked for and given up when another one needs their
 * memory.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { ApiError } from "./api_error.ts";
import {
  type ListedModel,
  type ModelLease,
  type ModelParts,
  type ModelPool,
  type ServedModel,
  serveModel,
} from "./model_pool.ts";
import { unknownModel } from "./openai/answer_checks.ts";

/** A model that can be loaded. */
export interface ModelEntry {
  /** The `model` that clients ask for. */
  readonly name: string;
  /** The `model` of each of its adapters, which are loaded with it. */
  readonly adapters?: readonly string[];
  /** Loads it. */
  open(): Promise<OpenedModel>;
  /** Memory that it takes. @throws {Error} when it cannot be read */
  bytes(): Promise<number>;
}

/** A loaded model; disposing of it frees its memory. */
export interface OpenedModel extends AsyncDisposable {
  /** What it is served by. */
  readonly parts: ModelParts;
}

/** What {@linkcode LoadedModels} holds. */
export interface ModelPoolOptions {
  /** The models that there are now. */
  readonly entries: () => Promise<readonly ModelEntry[]>;
  /** Memory for all that are loaded. */
  readonly maxBytes: number;
  /** What a client is told to wait where no model can be given up. */
  readonly retryAfterSeconds?: number;
  /** Told of models that are loaded and given up, in one line. */
  readonly note?: (line: string) => void;
  /** Passes time; by the clock unless given. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Times as long as it took one waits for the next load, where others were served meanwhile. */
const REST = 4;
/** And no longer than this. */
const MAX_REST_MS = 10_000;

interface Loaded {
  readonly served: ServedModel;
  readonly opened: OpenedModel;
  readonly bytes: number;
  leases: number;
  /** Whether it is no longer among the models that there are. */
  isGone: boolean;
}

function isIdle({ leases, served: { scheduler } }: Loaded): boolean {
  return leases + scheduler.running + scheduler.waiting === 0;
}

/** A pool of several models; disposing of it frees all. */
export class LoadedModels implements ModelPool, AsyncDisposable {
  readonly isPlural = true;
  readonly #options: ModelPoolOptions;
  /** Least recently used first. */
  readonly #loaded = new Map<string, Loaded>();
  /** One model is loaded at a time. */
  #loading: Promise<unknown> = Promise.resolve();
  /** Settles when another may be. */
  #rested: Promise<void> = Promise.resolve();
  #leased = 0;
  #isStopping = false;

  /** Loads nothing yet. */
  constructor(options: ModelPoolOptions) {
    this.#options = options;
  }

  get loaded(): ServedModel[] {
    return Array.from(this.#loaded.values(), ({ served }) => served);
  }

  async list(): Promise<ListedModel[]> {
    const entries = await this.#options.entries();
    return entries.flatMap(({ name, adapters = [] }) => [name, ...adapters])
      .map((name) => ({ name, loaded: this.#holderOf(name) !== undefined }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async lease(name: string | undefined): Promise<ModelLease> {
    const wanted = name ?? (await this.list())[0]?.name;
    if (wanted === undefined) throw unknownModel("");
    const take = () => this.#take(this.#holderOf(wanted) ?? wanted);
    const known = take();
    if (known) return known;
    const loading = this.#loading.then(() => take() ?? this.#loadInTurn(wanted));
    this.#loading = loading.catch(() => {});
    return await loading;
  }

  /** Refuses models that there are no longer, whose generations end, and frees those that are idle. */
  async refresh(): Promise<void> {
    const names = new Set((await this.#options.entries()).map(({ name }) => name));
    for (const [name, loaded] of [...this.#loaded]) {
      loaded.isGone = !names.has(name);
      if (loaded.isGone && isIdle(loaded)) await this.#giveUp(name);
    }
  }

  /** Lets generations end, and refuses others. */
  async drain(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.loaded.map(({ scheduler }) => scheduler.drain()));
  }

  /** Frees all that is loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    await this.#loading;
    for (const [name] of this.#loaded) await this.#giveUp(name);
  }

  /** The loaded model that a name means: its own, or that of one of its adapters. */
  #holderOf(name: string): string | undefined {
    return this.#loaded.values().find(({ served: { modelName, adapters } }) =>
      modelName === name || adapters?.has(name)
    )?.served.modelName;
  }

  /** A lease of what is loaded, which is the last one used from now on. */
  #take(name: string): ModelLease | undefined {
    const loaded = this.#loaded.get(name);
    if (!loaded || loaded.isGone) return undefined;
    this.#loaded.delete(name);
    this.#loaded.set(name, loaded);
    loaded.leases++;
    this.#leased++;
    let isHeld = true;
    return {
      model: loaded.served,
      [Symbol.dispose]() {
        if (isHeld) loaded.leases--;
        isHeld = false;
      },
    };
  }

  /** Loads share the processor with texts of other models: whoever asks for them in turn waits. */
  async #loadInTurn(name: string): Promise<ModelLease> {
    await this.#rested;
    const before = this.#leased, began = performance.now();
    const lease = await this.#load(name);
    // One is the lease itself.
    if (this.#leased > before + 1) {
      const { wait = (ms) => setTimeout(ms, undefined, { ref: false }) } = this.#options;
      this.#rested = wait(Math.min(MAX_REST_MS, REST * (performance.now() - began)));
    }
    return lease;
  }

  async #load(wanted: string): Promise<ModelLease> {
    if (this.#isStopping) throw this.#busy("The server is about to stop", "server_draining");
    const { entries, note = () => {} } = this.#options;
    const entry = (await entries())
      .find(({ name, adapters }) => name === wanted || adapters?.includes(wanted));
    if (!entry) throw unknownModel(wanted);
    const { name } = entry;
    const before = this.#loaded.get(name);
    if (before) before.isGone = false;
    // An adapter that came after its model was loaded comes with it the next time.
    if (before && isIdle(before) && this.#holderOf(wanted) === undefined) await this.#giveUp(name);
    const known = this.#take(name);
    if (known) return known;
    const bytes = await this.#attempt(name, () => entry.bytes());
    await this.#makeRoom(name, bytes);
    const opened = await this.#attempt(name, () => entry.open());
    this.#loaded.set(name, {
      served: serveModel(opened.parts),
      opened,
      bytes,
      leases: 0,
      isGone: false,
    });
    note(`Loaded ${name}: ${Math.ceil(bytes / 2 ** 20)} MiB`);
    const lease = this.#take(name);
    if (!lease) throw new Error(`Cannot load the model ${name}: it was given up at once`);
    return lease;
  }

  /** What is wrong with a model is told to the operator, and that it is to the client. */
  async #attempt<T>(name: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#options.note?.(`Cannot load ${name}: ${reason}`);
      const message = `The model ${JSON.stringify(name)} cannot be loaded`;
      const code = "model_not_loaded";
      throw new ApiError(message, { status: 503, param: "model", code, cause });
    }
  }

  /** Gives up models that nobody uses, those first that were not used for longest. */
  async #makeRoom(name: string, bytes: number): Promise<void> {
    const { maxBytes } = this.#options;
    const mib = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`;
    if (bytes > maxBytes) {
      throw new ApiError(
        `The model ${JSON.stringify(name)} takes ${mib(bytes)}, and there are ${mib(maxBytes)} ` +
          "for models",
        { status: 400, param: "model", code: "model_too_large" },
      );
    }
    const used = () => this.#loaded.values().reduce((sum, each) => sum + each.bytes, 0);
    for (const [other, loaded] of [...this.#loaded]) {
      if (used() + bytes <= maxBytes) return;
      if (isIdle(loaded)) await this.#giveUp(other);
    }
    if (used() + bytes <= maxBytes) return;
    throw this.#busy("Other models are busy, and there is no memory for this one; try again later");
  }

  async #giveUp(name: string): Promise<void> {
    const loaded = this.#loaded.get(name);
    if (!loaded) return;
    this.#loaded.delete(name);
    await loaded.opened[Symbol.asyncDispose]();
    this.#options.note?.(`Gave up ${name}`);
  }

  #busy(message: string, code = "model_not_loaded"): ApiError {
    const { retryAfterSeconds = 1 } = this.#options;
    const headers = { "retry-after": `${retryAfterSeconds}` };
    return new ApiError(message, { status: 503, code, headers });
  }
}
