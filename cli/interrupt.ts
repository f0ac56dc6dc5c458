/**
 * Ctrl-C and SIGTERM stop a run gracefully; a second one ends it at once.
 *
 * @module
 */
import { tell } from "./print.ts";

/** A pending request to stop. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** 128 plus the signal's number, once stopped. */
  readonly exitCode: number;
  /** Stops as Ctrl-C does. */
  readonly stop: () => void;
}

/** 128 plus the number of SIGHUP. */
const HANGUP_CODE = 129;

const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/**
 * A signal repeated within this time is the same key press: a terminal sends it to every process of
 * the group, and `deno task` forwards it to its child once more.
 */
const ECHO_MS = 500;

/** Listens until disposed. */
export function stopOnInterrupt(onStop: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  let stoppedAt = 0;
  const stop = (code: number) => {
    if (controller.signal.aborted) {
      if (performance.now() - stoppedAt > ECHO_MS) Deno.exit(code);
      return;
    }
    stoppedAt = performance.now();
    exitCode = code;
    onStop();
    controller.abort(new DOMException("stopped by the user", "AbortError"));
  };
  const listeners = SIGNALS.map(([name, code]) => {
    const listener = () => stop(code);
    Deno.addSignalListener(name, listener);
    return () => Deno.removeSignalListener(name, listener);
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    stop: () => stop(HANGUP_CODE),
    [Symbol.dispose]() {
      for (const remove of listeners) remove();
    },
  };
}

/** Confirms the request at once, where nothing else does. */
export function tellStop(): void {
  tell("stopping; Ctrl-C again ends at once");
}

/** Whether `error` is just the result of aborting `signal`. */
export function isAnswerTo(signal: AbortSignal, error: unknown): boolean {
  if (!signal.aborted) return false;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause === signal.reason) return true;
  }
  return false;
}
