/**
 * Counters that every stage keeps in the same form, so that a run can name its bottleneck.
 *
 * @module
 */

/** Why an item was dropped; one union for all stages, so reports can list every reason. */
export type DropReason =
  | "robots-disallowed"
  | "blocked-address"
  | "http-error"
  | "network-error"
  | "timeout"
  | "too-large"
  | "too-many-redirects"
  | "unsupported-type"
  | "unreadable"
  | "malformed"
  | "no-text"
  | "too-short"
  | "duplicate"
  | "empty";

/** A dropped item, named, for the log and `--keep-dropped`. */
export interface Drop {
  readonly stage: string;
  /** URL, path or document id. */
  readonly item: string;
  readonly reason: DropReason;
  /** One plain sentence. */
  readonly detail: string;
}

/** Plain copy of a meter at one moment. */
export interface StageCounts {
  readonly name: string;
  readonly itemsIn: number;
  readonly itemsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Queue fill on the input side, 0..1. */
  readonly queueFill: number;
  readonly busyMs: number;
  readonly waitingInputMs: number;
  readonly blockedOutputMs: number;
}

/**
 * Counts what one stage takes in, hands on and drops, and how it spends its time.
 *
 * @example
 * ```ts
 * import { StageMeter } from "./meter.ts";
 * const meter = new StageMeter("extract");
 * meter.in(2048);
 * meter.drop({ item: "http://a/", reason: "no-text", detail: "no paragraph found" });
 * console.assert(meter.counts().dropped["no-text"] === 1);
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
  #queueFill = 0;

  /** `onDrop` hears of each dropped item; `now` is a clock in milliseconds. */
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

  /** One item was dropped: counted by reason and told to the listener. */
  drop(drop: Omit<Drop, "stage">): void {
    this.#dropped[drop.reason] = (this.#dropped[drop.reason] ?? 0) + 1;
    this.#onDrop({ stage: this.#name, ...drop });
  }

  /** The stage changes what it is doing; time since the last change goes to the former phase. */
  phase(next: "busy" | "waiting" | "blocked"): void {
    const now = this.#now();
    this.#phaseMs[this.#phase] += now - this.#since;
    this.#since = now;
    this.#phase = next;
  }

  /** Fill of the stage's input queue, 0..1. */
  queue(fill: number): void {
    this.#queueFill = Math.min(1, Math.max(0, fill));
  }

  /** The counters now. */
  counts(): StageCounts {
    this.phase(this.#phase);
    return {
      name: this.#name,
      itemsIn: this.#itemsIn,
      itemsOut: this.#itemsOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      dropped: { ...this.#dropped },
      queueFill: this.#queueFill,
      busyMs: this.#phaseMs.busy,
      waitingInputMs: this.#phaseMs.waiting,
      blockedOutputMs: this.#phaseMs.blocked,
    };
  }
}
