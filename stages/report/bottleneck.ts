import type { StageCounts } from "../meter.ts";

/** A stage that works for a smaller share of the time than this is no bottleneck. */
const BUSY_SHARE = 0.5;

/**
 * Names the bottleneck between two readings of the meters: the stage that worked for the largest
 * share of the time, if for more than half of it. The others wait for its output or for it to take
 * theirs. Where no stage works that much, it is the source that waited for more than half of the
 * time: for the network, or for a host's turn. Sources are the stages before the first one with a
 * queue; a later stage without a queue has not started.
 */
export function findBottleneck(
  before: readonly StageCounts[],
  now: readonly StageCounts[],
): string | undefined {
  let found: string | undefined;
  let source: string | undefined;
  let highest = BUSY_SHARE;
  const sources = now.findIndex(({ queueFill }) => queueFill !== undefined);
  for (const [i, counts] of now.entries()) {
    const earlier = before.find(({ name }) => name === counts.name);
    const spent = (phase: "busyMs" | "waitingInputMs" | "blockedOutputMs") =>
      counts[phase] - (earlier?.[phase] ?? 0);
    const total = spent("busyMs") + spent("waitingInputMs") + spent("blockedOutputMs");
    const share = total > 0 ? spent("busyMs") / total : 0;
    if (share > highest) [found, highest] = [counts.name, share];
    const isSource = i < sources && earlier !== undefined;
    if (isSource && spent("waitingInputMs") > BUSY_SHARE * total) source = counts.name;
  }
  return found ?? source;
}
