/**
 * Gives a long step up when training is stopped: nothing is lost but its own work.
 *
 * @module
 */
import type { TrainOptions } from "./options.ts";

/** A step may end by itself for so long. */
const GRACE_MS = 2000;

/**
 * What the work comes to; undefined where its step is abandoned, since it still goes on a while after
 * `stop`. The spheres then have the weights of the step before.
 */
export async function stepUnlessStopped<T>(
  { spheres, stop, graceMs = GRACE_MS }: Pick<TrainOptions, "spheres" | "stop" | "graceMs">,
  work: () => Promise<T>,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setInterval> | undefined;
  // Again and again, since the work may have a part before the step that cannot be abandoned.
  const begin = () => timer = setInterval(() => spheres.abandon(), graceMs);
  stop?.addEventListener("abort", begin, { once: true });
  try {
    return await work();
  } catch (error) {
    if (spheres.abandoned) return undefined;
    throw error;
  } finally {
    stop?.removeEventListener("abort", begin);
    clearInterval(timer);
  }
}

/** The parts of longer work, each as by {@linkcode stepUnlessStopped}, up to an abandoned one. */
export async function* partsUnlessStopped<T>(
  options: Parameters<typeof stepUnlessStopped>[0],
  parts: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  try {
    for (;;) {
      const next = await stepUnlessStopped(options, () => parts.next());
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    await parts.return();
  }
}
