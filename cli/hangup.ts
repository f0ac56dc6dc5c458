/**
 * SIGHUP: a server without a terminal reads its files again; one whose terminal is gone stops.
 *
 * @module
 */

/** What {@linkcode onHangup} does. */
export interface HangupOptions {
  /** Reads files again; never rejects. Called again only when it has settled. */
  readonly reload: () => Promise<void>;
  /** Stops, because the terminal was closed. */
  readonly stop: () => void;
}

/** Listens until disposed; not on Windows, where closing a window ends the program. */
export function onHangup({ reload, stop }: HangupOptions): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const hadTerminal = Deno.stdin.isTerminal();
  let reloading = Promise.resolve();
  const listener = () => {
    if (hadTerminal && !Deno.stdin.isTerminal()) stop();
    else reloading = reloading.then(reload);
  };
  Deno.addSignalListener("SIGHUP", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", listener) };
}
