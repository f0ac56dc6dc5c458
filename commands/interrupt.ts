/**
 * Ctrl-C and SIGTERM ask a run to stop in good order; a second one ends it at once.
 *
 * @module
 */

/** A pending request to stop. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** 128 plus the signal's number, once stopped. */
  readonly exitCode: number;
}

const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/** Listens until disposed. */
export function stopOnInterrupt(onStop: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  const listeners = SIGNALS.map(([name, code]) => {
    const listener = () => {
      if (controller.signal.aborted) Deno.exit(code);
      exitCode = code;
      onStop();
      controller.abort(new DOMException("stopped by the user", "AbortError"));
    };
    Deno.addSignalListener(name, listener);
    return () => Deno.removeSignalListener(name, listener);
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const remove of listeners) remove();
    },
  };
}
