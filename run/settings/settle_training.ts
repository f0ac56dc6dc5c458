/**
 * What a training on tokens that has begun may still be told otherwise.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import type { ForcedChange } from "../folder.ts";

/** Settings that `--force` changes from the next step on; the others made what is on the disk. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  ...["steps", "leaves", "optimizer", "learningRate", "schedule", "warmup", "decay"],
  ...["weightDecay", "clip", "guard", "strictSimd"],
]);

/**
 * How a training that goes on as `now` differs from what its newest checkpoint was made as,
 * `before`: in what was changed `earlier` and, with `force`, in this sitting.
 *
 * @throws {UsageError} when something differs that cannot be changed, or without `force`
 */
export function settleTraining(
  before: unknown,
  now: object,
  { root, force, step }: { root: string; force: boolean; step: number },
): { earlier: ForcedChange[]; all: ForcedChange[] } {
  if (typeof before !== "object" || before === null) return { earlier: [], all: [] };
  const began = new Map<string, unknown>(Object.entries(before));
  const changes: ForcedChange[] = [];
  for (const [name, value] of Object.entries(now)) {
    const was = began.get(name);
    if (name === "forced" || JSON.stringify(was) === JSON.stringify(value)) continue;
    if (!force || !CHANGEABLE.has(name)) {
      const how = CHANGEABLE.has(name)
        ? `give that again, add --force to change it from step ${
          step + 1
        } on, or name another folder`
        : "give that again, or name another folder";
      throw new UsageError(
        `Cannot continue --run ${root}: ${name} is ${JSON.stringify(value)} and it began with ` +
          `${JSON.stringify(was)}; ${how}`,
      );
    }
    changes.push({ step, name, before: was, now: value });
  }
  // Written by this program, as part of a checkpoint whose digest held.
  const earlier = (began.get("forced") ?? []) as ForcedChange[];
  return { earlier, all: [...earlier, ...changes] };
}
