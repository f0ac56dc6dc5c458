import { startStatus, type Status, type StatusOptions } from "../../../stages/report/mod.ts";

/** A status on a fake terminal, with a clock and a ticker moved by hand. */
export function watch(
  options: StatusOptions & { isTerminal?: boolean; columns?: number; rows?: number },
) {
  let time = 0;
  let written = "";
  let tick: (() => void) | undefined;
  const status: Status = startStatus({
    color: false,
    terminal: {
      isTerminal: options.isTerminal ?? false,
      size: () => ({ columns: options.columns ?? 80, rows: options.rows ?? 24 }),
      write: (text) => void (written += text),
    },
    now: () => time,
    every(_ms, fn) {
      tick = fn;
      return () => tick = undefined;
    },
    ...options,
  });
  return {
    status,
    pass(ms: number) {
      time += ms;
      tick?.();
    },
    taken() {
      const taken = written;
      written = "";
      return taken;
    },
    isTicking: () => tick !== undefined,
  };
}
