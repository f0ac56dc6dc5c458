/**
 * Shares one engine among many generations: admits them fairly between clients as the engine's cache
 * has room, and brings all of them forward token by token, so that a long one never holds up the
 * rest. Another engine can take over; what runs ends on the one it began with.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import {
  type AdmitOptions,
  checkLimits,
  checkPromptLength,
  DeadlineError,
  draining,
  QueueFullError,
  type SchedulerLimits,
  type Slot,
  whoMayBegin,
} from "./admission.ts";
import { type Engine, NoRoomError } from "./engine.ts";
import { FairQueue } from "./fair_queue.ts";
import { draftsOf, type Place } from "./place.ts";
import { type ChosenStep, PROMPT_TOKENS, StepShare } from "./step_share.ts";

/**
 * The queue before an engine and the loop that drives it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLayout, openWasmEngine, presetConfig, Scheduler } from "../mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
 * const parameters = new Float32Array(createLayout(config).length);
 * await using engine = await openWasmEngine({ config, parameters, workers: 1 });
 * using slot = await new Scheduler(engine).admit([1, 2, 3], { maxTokens: 1 });
 * assertEquals((await slot.next()).length, 300);
 * ```
 */
export class Scheduler {
  /** The limits in force, defaults filled in. */
  readonly limits: Required<SchedulerLimits>;
  readonly #queue = new FairQueue<Place>();
  readonly #perClient = new Map<string, number>();
  /** Places that run, by engine; engines before the current one only while they have any. */
  readonly #engines = new Map<Engine, Set<Place>>();
  readonly #retired = new Map<Engine, () => void>();
  /** In the order in which they asked. */
  readonly #wanting = new Set<Place>();
  readonly #share = new StepShare<Place>();
  #inStep: ReadonlySet<Place> = new Set();
  #driving = false;
  #engine: Engine;
  #drained: PromiseWithResolvers<void> | undefined;

  /** Borrows `engine`. @throws {RangeError} naming the limit that is not an integer in range */
  constructor(engine: Engine, limits: SchedulerLimits = {}) {
    this.limits = checkLimits(limits);
    this.#engine = engine;
  }

  /** The engine that new generations run on. */
  get engine(): Engine {
    return this.#engine;
  }

  /** Admitted generations. */
  get running(): number {
    return this.#engines.values().reduce((sum, { size }) => sum + size, 0);
  }

  /** Generations in the queue. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for a place and begins a sequence there.
   *
   * @throws {QueueFullError} when too many wait already, or the client has too many
   * @throws {DrainingError} when the server is about to stop
   * @throws {DeadlineError} when it waited too long
   * @throws {LongPromptError} when the prompt has more tokens than the limit
   * @throws {RangeError} when the engine refuses the prompt
   */
  async admit(promptIds: ArrayLike<number>, options: AdmitOptions = {}): Promise<Slot> {
    const { client = "", maxTokens, signal, pooling, adapter } = options;
    signal?.throwIfAborted();
    if (this.#drained) throw draining();
    checkPromptLength(promptIds, this.limits);
    const own = this.#perClient.get(client) ?? 0;
    if (own >= this.limits.maxPerClient) {
      throw new QueueFullError(`Cannot take the request: its client has ${own} under way`);
    }
    const place: Place = {
      promptIds,
      client,
      options: {
        ...maxTokens !== undefined && { maxTokens },
        ...pooling && { pooling },
        ...adapter !== undefined && { adapter },
      },
      isReading: false,
      tokens: 0,
      draft: [],
      ended: false,
      admitted: Promise.withResolvers<void>(),
      release: () => {},
    };
    this.#queueUp(place);
    if (place.entry && this.#queue.size > this.limits.maxWaiting) {
      const error = new QueueFullError(
        `Cannot take the request: ${this.running} are running and ${this.waiting - 1} waiting`,
      );
      this.#end(place, error);
      throw error;
    }
    const end = () => this.#end(place, signal?.reason);
    const { requestMs } = this.limits;
    const deadline = setTimeout(() => {
      this.#end(place, new DeadlineError(`Cannot go on: the request took ${requestMs} ms`));
    }, requestMs);
    signal?.addEventListener("abort", end, { once: true });
    place.release = () => {
      clearTimeout(deadline);
      signal?.removeEventListener("abort", end);
    };
    if (place.ended) place.release();
    await place.admitted.promise;
    return this.#slot(place);
  }

  /**
   * Lets `next` serve from now on. Settles when nothing runs on the engine before it any more: that
   * may then be disposed of.
   */
  replaceEngine(next: Engine): Promise<void> {
    const before = this.#engine;
    this.#engine = next;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#engines.has(before)) this.#retired.set(before, resolve);
    else resolve();
    this.#admitNext();
    return promise;
  }

  /** Refuses those who wait and those who come; settles when what runs has ended. */
  async drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>();
    for (let entry = this.#queue.peek(); entry; entry = this.#queue.peek()) {
      this.#end(entry.item, draining());
    }
    if (this.running === 0) this.#drained.resolve();
    await this.#drained.promise;
  }

  #queueUp(place: Place): void {
    this.#perClient.set(place.client, (this.#perClient.get(place.client) ?? 0) + 1);
    const cost = place.promptIds.length + (place.options.maxTokens ?? 0);
    place.entry = this.#queue.push(place, { client: place.client, cost });
    // Who ends before being admitted may have nobody listening yet.
    place.admitted.promise.catch(() => {});
    this.#admitNext();
  }

  /** Admits whose turn it is while there is room; nobody is passed by a smaller request. */
  #admitNext(): void {
    while (this.running < this.limits.maxRunning) {
      const running = this.#engines.values().flatMap((places) => places).toArray();
      const entry = this.#queue.peek(whoMayBegin(running, this.limits, this.#engine.cache));
      if (!entry) return;
      const place = entry.item;
      const { promptIds, options } = place;
      const engine = this.#engine;
      try {
        const sequence = engine.createSequence(promptIds, options);
        place.running = { engine, sequence };
        place.isReading = promptIds.length - sequence.reused > PROMPT_TOKENS;
      } catch (error) {
        if (error instanceof NoRoomError) return;
        this.#end(place, error);
        continue;
      }
      this.#queue.take(entry);
      delete place.entry;
      const places = this.#engines.get(engine) ?? new Set();
      this.#engines.set(engine, places.add(place));
      place.admitted.resolve();
    }
  }

  #slot(place: Place): Slot {
    if (!place.running) throw place.reason;
    const { engine: { fingerprint, maxDraft = 0 }, sequence } = place.running;
    const throwIfEnded = () => {
      if (place.ended) throw place.reason;
    };
    return {
      fingerprint,
      reused: sequence.reused,
      maxDraft: Math.min(maxDraft, this.limits.maxDraft),
      throwIfEnded,
      next: async (chosen = [], draft = []) => {
        throwIfEnded();
        const ids = typeof chosen === "number" ? [chosen] : chosen;
        for (const id of ids) sequence.append(id);
        // Each step counts one.
        place.tokens += Math.max(0, ids.length - 1);
        place.draft = draft;
        place.wanted = Promise.withResolvers<Float32Array>();
        this.#wanting.add(place);
        if (!this.#driving) void this.#drive();
        return await place.wanted.promise;
      },
      [Symbol.dispose]: () => this.#end(place, new Error("Cannot go on: the generation has ended")),
    };
  }

  /** Ends a place whatever it is at; ending it again does nothing. */
  #end(place: Place, reason: unknown): void {
    if (place.ended) return;
    place.ended = true;
    place.reason = reason;
    place.release();
    this.#wanting.delete(place);
    place.wanted?.reject(reason);
    place.admitted.reject(reason);
    if (place.entry) {
      this.#queue.remove(place.entry);
      delete place.entry;
      this.#forget(place);
      // It may have been what the others waited behind.
      this.#admitNext();
    } else if (!this.#inStep.has(place)) {
      this.#free(place);
    } // else the engine is still reading the sequence; #drive frees it right after
  }

  #free(place: Place): void {
    if (!place.running) return;
    const { engine, sequence } = place.running;
    sequence[Symbol.dispose]();
    const places = this.#engines.get(engine);
    places?.delete(place);
    if (places?.size === 0) {
      this.#engines.delete(engine);
      this.#retired.get(engine)?.();
      this.#retired.delete(engine);
    }
    this.#forget(place);
    this.#admitNext();
    if (this.running === 0) this.#drained?.resolve();
  }

  #forget({ client }: Place): void {
    const left = (this.#perClient.get(client) ?? 0) - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }

  /** Steps all who want logits, until nobody does. Never rejects. */
  async #drive(): Promise<void> {
    this.#driving = true;
    for (;;) {
      // Everyone served by the last step has now asked again, so that they step together.
      await setImmediate();
      if (this.#wanting.size === 0) break;
      for (const [engine, running] of [...this.#engines]) {
        const wanting = [...this.#wanting].filter((place) => running.has(place));
        if (wanting.length === 0) continue;
        const chosen = this.#share.choose(wanting);
        const { places } = chosen;
        this.#inStep = new Set(places);
        await this.#step(engine, chosen);
        this.#share.ended();
        this.#inStep = new Set();
        for (const place of places) if (place.ended) this.#free(place);
      }
    }
    this.#driving = false;
  }

  async #step(engine: Engine, chosen: ChosenStep<Place>): Promise<void> {
    const { places, draftTokens, ...limits } = chosen;
    const drafts = draftsOf(places, draftTokens);
    const sequences = places.map(({ running }) => running?.sequence).filter((s) => s !== undefined);
    try {
      const logits = await engine.step(sequences, { ...limits, drafts });
      for (const [i, place] of places.entries()) {
        const result = logits[i];
        // Without logits more of its prompt is left.
        if (!result || !this.#wanting.delete(place)) continue;
        place.isReading = false;
        place.tokens++;
        place.wanted?.resolve(result);
      }
    } catch (error) {
      for (const place of places) if (this.#wanting.delete(place)) place.wanted?.reject(error);
    }
  }
}
