/** Calls `tick` each `ms` until the function it returned is called. */
export type Every = (ms: number, tick: () => void) => () => void;

/** The system's timer; it does not keep the process alive. */
export function systemTimer(ms: number, tick: () => void): () => void {
  const id = setInterval(tick, ms);
  Deno.unrefTimer(id);
  return () => clearInterval(id);
}
