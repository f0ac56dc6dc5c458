/**
 * Counters that every stage keeps in the same form, so that a run can name its bottleneck.
 *
 * @module
 */

/** Why an item was dropped; one union for all stages, so reports can list every reason. */
export type DropReason =
  | "robots-disallowed"
  | "blocked-address"
  | "blocked-host"
  | "http-error"
  | "network-error"
  | "timeout"
  | "too-large"
  | "too-many-redirects"
  | "out-of-scope"
  | "unchanged"
  | "unsupported-type"
  | "unreadable"
  | "malformed"
  | "no-text"
  | "too-short"
  | "duplicate"
  | "empty"
  | "custom-stage"
  | RefusalReason;

/** Why the refine stage drops a text; the rules and their names are datatrove's. */
export type RefusalReason =
  | "language"
  | "near-duplicate"
  | "low-quality"
  | "contaminated"
  | "gopher-short-doc"
  | "gopher-long-doc"
  | "gopher-below-avg-threshold"
  | "gopher-above-avg-threshold"
  | "gopher-too-many-hashes"
  | "gopher-too-many-ellipsis"
  | "gopher-too-many-bullets"
  | "gopher-too-many-end-ellipsis"
  | "gopher-below-alpha-threshold"
  | "gopher-enough-stop-words"
  | "dup-line-frac"
  | "dup-para-frac"
  | "dup-line-char-frac"
  | "dup-para-char-frac"
  | `top-${2 | 3 | 4}-gram`
  | `duplicated-${5 | 6 | 7 | 8 | 9 | 10}-n-grams`
  | "lorem-ipsum"
  | "curly-bracket"
  | "too-few-sentences"
  | "line-punct-ratio"
  | "short-line-ratio"
  | "char-dup-ratio"
  | "list-ratio";

/** A dropped item, named, for the log and `--keep-dropped`. */
export interface Drop {
  /** Name of the stage that dropped it. */
  readonly stage: string;
  /** URL, path or document id. */
  readonly item: string;
  /** Why; counted by reason in {@linkcode StageCounts}. */
  readonly reason: DropReason;
  /** One plain sentence. */
  readonly detail: string;
  /** What kind of item it is, where similar items are counted together: `.png`. */
  readonly kind?: string;
  /** The text, if any; kept with `--keep-dropped`. */
  readonly text?: string;
}

/** Plain copy of a meter at one moment. */
export interface StageCounts {
  /** The stage's name, such as `extract`. */
  readonly name: string;
  /** Items that arrived, dropped ones included. */
  readonly itemsIn: number;
  /** Items handed on. */
  readonly itemsOut: number;
  /** Size of what arrived: bytes, characters or tokens, whichever the stage counts. */
  readonly bytesIn: number;
  /** Size of what was handed on, which may be of another unit than `bytesIn`. */
  readonly bytesOut: number;
  /** Dropped items by reason; a reason that never occurred is absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Queue fill on the input side, 0..1; absent for a source, which has no input. */
  readonly queueFill?: number;
  /** Milliseconds at work. */
  readonly busyMs: number;
  /** Milliseconds with nothing to do, for want of input. */
  readonly waitingInputMs: number;
  /** Milliseconds with a result that the next stage had no room for. */
  readonly blockedOutputMs: number;
}

/**
 * Counts what one stage takes in, passes on and drops, and how it spends its time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StageMeter } from "./meter.ts";
 * const meter = new StageMeter("extract");
 * meter.in(2048);
 * meter.drop({ item: "http://a/", reason: "no-text", detail: "no paragraph found" });
 * assertEquals(meter.counts().dropped, { "no-text": 1 });
 * ```
 */
export class StageMeter {
  readonly #name: string;
  readonly #onDrop: (drop: Drop) => void;
  #itemsIn = 0;
  #itemsOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #dropped: Partial<Record<DropReason, number>> = {};
  #phase: "busy" | "waiting" | "blocked" = "waiting";
  #phaseMs = { busy: 0, waiting: 0, blocked: 0 };
  readonly #now: () => number;
  #since: number;
  #readQueue: (() => number) | undefined;
  #isWanted = true;

  /** `onDrop` receives each dropped item; `now` is a clock in milliseconds. */
  constructor(
    name: string,
    onDrop: (drop: Drop) => void = () => {},
    { now = () => performance.now() }: { now?: () => number } = {},
  ) {
    this.#name = name;
    this.#onDrop = onDrop;
    this.#now = now;
    this.#since = now();
  }

  /** One item of `bytes` (or tokens, for stages that count tokens) arrived. */
  in(bytes: number): void {
    this.#itemsIn++;
    this.#bytesIn += bytes;
  }

  /** One item of `bytes` was handed on. */
  out(bytes: number): void {
    this.#itemsOut++;
    this.#bytesOut += bytes;
  }

  /** One item was dropped: counts it by reason and notifies the listener. */
  drop(drop: Omit<Drop, "stage">): void {
    this.#dropped[drop.reason] = (this.#dropped[drop.reason] ?? 0) + 1;
    this.#onDrop({ stage: this.#name, ...drop });
  }

  /** Enters a phase; the time since the last change goes to the previous one. */
  phase(next: "busy" | "waiting" | "blocked"): void {
    this.bookTime();
    this.#phase = next;
  }

  /**
   * Whether the next stage waits for a value. A stage that is idle while its queue holds
   * something and its reader asks for nothing is blocked by its output, not waiting for input.
   */
  demand(isWanted: boolean): void {
    this.bookTime();
    this.#isWanted = isWanted;
  }

  /** Reads the fill of the stage's input queue, 0..1, from `read`. */
  queueFrom(read: () => number): void {
    this.#readQueue = () => Math.min(1, Math.max(0, read()));
  }

  /** Books the time since the last call to the current phase; call it before queue or demand change. */
  bookTime(): void {
    const now = this.#now();
    const isBlocked = this.#phase === "waiting" && !this.#isWanted &&
      (this.#readQueue?.() ?? 1) > 0;
    this.#phaseMs[isBlocked ? "blocked" : this.#phase] += now - this.#since;
    this.#since = now;
  }

  /** The counters now. */
  counts(): StageCounts {
    this.bookTime();
    return {
      name: this.#name,
      itemsIn: this.#itemsIn,
      itemsOut: this.#itemsOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      dropped: { ...this.#dropped },
      ...(this.#readQueue && { queueFill: this.#readQueue() }),
      busyMs: this.#phaseMs.busy,
      waitingInputMs: this.#phaseMs.waiting,
      blockedOutputMs: this.#phaseMs.blocked,
    };
  }
}
