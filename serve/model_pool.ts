/**
 * The models that a server has: one that is always there, or several that are loaded when they are
 * asked for and given up when another one needs their memory.
 *
 * @module
 */
import {
  type ChatTemplate,
  createGrammars,
  type Grammars,
  type Scheduler,
  type TextCodec,
} from "../engine/mod.ts";
import type { SamplingSettings } from "../model/checkpoint/mod.ts";
import { ApiError } from "./api_error.ts";
import { unknownModel } from "./openai/answer_checks.ts";
import { createTurns, type PrepareTurn } from "./openai/chat/mod.ts";
import type { AdapterModel } from "./openai/generation.ts";

/** A model and what it is served by. */
export interface ModelParts {
  /** Runs the generations; borrowed. */
  readonly scheduler: Scheduler;
  /** The tokenizer of the scheduler's model. */
  readonly codec: TextCodec;
  /** Ids that end an answer beside the tokenizer's own end of a text. */
  readonly stopIds?: ReadonlySet<number>;
  /** How a conversation becomes a text; a plain one unless given. */
  readonly chatTemplate?: ChatTemplate | undefined;
  /** The `model` that clients ask for. */
  readonly modelName: string;
  /** Adapters of the scheduler's engine, by the `model` that clients ask for. */
  readonly adapters?: ReadonlyMap<string, AdapterModel>;
  /** How tokens are drawn where a request does not say; OpenAI's own defaults unless given. */
  readonly sampling?: SamplingSettings;
}

/** A model ready to answer. */
export interface ServedModel extends ModelParts {
  /** When it began to be served. */
  readonly since: Date;
}

/** A model that may be asked for. */
export interface ListedModel {
  /** The `model` that clients ask for. */
  readonly name: string;
  /** Whether it is in memory. */
  readonly loaded: boolean;
}

/** A model in use; it stays in memory until this is disposed of and its generations have ended. */
export interface ModelLease extends Disposable {
  /** What it is a lease of. */
  readonly model: ServedModel;
}

/** The models of a server. */
export interface ModelPool {
  /** Whether there may be several. */
  readonly isPlural: boolean;
  /** Those in memory, the one used last at the end. */
  readonly loaded: readonly ServedModel[];
  /** All of them, by name. */
  list(): Promise<ListedModel[]>;
  /**
   * The model of a name, loaded if need be; the only one, or the first by name, without one.
   *
   * @throws {ApiError} 404 for a name that there is not, 503 where there is no memory for it now
   */
  lease(name: string | undefined): Promise<ModelLease>;
}

/** Makes a model ready. */
function serveModel(parts: ModelParts): ServedModel {
  return { ...parts, since: new Date() };
}

/** What answers of a model are made with. */
interface Prepared {
  readonly grammars: Grammars;
  readonly prepare: PrepareTurn;
}

const made = new WeakMap<ServedModel, Prepared>();

/** What answers of a model are made with; made once for each. */
export function preparedFor(model: ServedModel): Prepared {
  const { codec, chatTemplate, stopIds, adapters } = model;
  const known = made.get(model) ?? {
    grammars: createGrammars(codec, stopIds && { stopIds }),
    prepare: createTurns(codec, chatTemplate, adapters),
  };
  made.set(model, known);
  return known;
}

/** The pool of one model, whose name is checked where a request is read. */
export function singleModel(parts: ModelParts): ModelPool {
  const model = serveModel(parts);
  const lease = { model, [Symbol.dispose]: () => {} };
  return {
    isPlural: false,
    loaded: [model],
    list() {
      const names = [model.modelName, ...model.adapters?.keys() ?? []];
      return Promise.resolve(names.map((name) => ({ name, loaded: true })));
    },
    lease: () => Promise.resolve(lease),
  };
}

/** A model that can be loaded. */
export interface ModelEntry {
  /** The `model` that clients ask for. */
  readonly name: string;
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

/** What {@linkcode openModels} holds. */
export interface ModelPoolOptions {
  /** The models that there are now. */
  readonly entries: () => Promise<readonly ModelEntry[]>;
  /** Memory for all that are loaded. */
  readonly maxBytes: number;
  /** What a client is told to wait where no model can be given up. */
  readonly retryAfterSeconds?: number;
  /** Told of models that are loaded and given up, in one line. */
  readonly note?: (line: string) => void;
}

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
    return entries.map(({ name }) => ({ name, loaded: this.#loaded.has(name) }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async lease(name: string | undefined): Promise<ModelLease> {
    const wanted = name ?? (await this.list())[0]?.name;
    if (wanted === undefined) throw unknownModel("");
    const known = this.#take(wanted);
    if (known) return known;
    const loading = this.#loading.then(() => this.#take(wanted) ?? this.#load(wanted));
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

  /** A lease of what is loaded, which is the last one used from now on. */
  #take(name: string): ModelLease | undefined {
    const loaded = this.#loaded.get(name);
    if (!loaded || loaded.isGone) return undefined;
    this.#loaded.delete(name);
    this.#loaded.set(name, loaded);
    loaded.leases++;
    let isHeld = true;
    return {
      model: loaded.served,
      [Symbol.dispose]() {
        if (isHeld) loaded.leases--;
        isHeld = false;
      },
    };
  }

  async #load(name: string): Promise<ModelLease> {
    if (this.#isStopping) throw this.#busy("The server is about to stop", "server_draining");
    const { entries, note = () => {} } = this.#options;
    const entry = (await entries()).find((entry) => entry.name === name);
    if (!entry) throw unknownModel(name);
    const before = this.#loaded.get(name);
    if (before) before.isGone = false;
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
