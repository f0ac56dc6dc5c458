/**
 * The models that a server has, of which one is always there; several are in loaded_models.ts.
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
export function serveModel(parts: ModelParts): ServedModel {
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
