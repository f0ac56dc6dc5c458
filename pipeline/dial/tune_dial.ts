/**
 * Plans a tuning by one number: its hours or its tokens.
 *
 * @module
 */
import { formatCount, formatDuration } from "../../stages/report/mod.ts";
import { type MeasureOptions, measureSpeed } from "./measure.ts";
import { orAdapter } from "./or_adapter.ts";

/** Options of {@linkcode turnTuneDial}. */
export interface TuneDialOptions extends MeasureOptions {
  /** Folder of the model. */
  readonly init: string;
  readonly hours: number | undefined;
  /** Read in all; where `hours` is undefined. */
  readonly tokens: number | undefined;
  readonly stepsPerPass: number;
  /** On average; `rows` are the most. */
  readonly rowsPerStep: number;
  readonly conversations: number;
  /** Prints a line. */
  readonly note: (line: string) => void;
  /** Measures tokens per second; by a few steps by default. */
  readonly measure?: typeof measureSpeed;
}

/** Passes beyond which conversations were never seen to teach more, and the most that hours choose. */
const MANY_PASSES = 24;

/**
 * Chooses the steps, and says what to expect.
 *
 * @returns the number of steps
 * @throws {UsageError} where the model cannot be trained here, with what would fit
 */
export async function turnTuneDial(options: TuneDialOptions): Promise<number> {
  const { hours, tokens = 0, note, measure = measureSpeed, stepsPerPass, lora } = options;
  const { rowsPerStep: rows, cols } = options;
  note("dial      measures this machine, as busy as it is now");
  const speed = await orAdapter(options, () => measure(options));
  const stepTokens = rows * cols;
  const most = hours === undefined ? Infinity : MANY_PASSES * stepsPerPass;
  const wanted = (hours === undefined ? tokens : 3600 * hours * speed) / stepTokens;
  const steps = Math.max(1, Math.min(most, Math.round(wanted)));
  const time = (count: number) => formatDuration(1000 * count * stepTokens / speed);
  const passes = steps / stepsPerPass;
  const what = lora ? `an adapter of rank ${lora.rank}` : "all weights";
  note(`measured  ${what}: ${formatCount(speed)} tokens/s`);
  note(
    `a pass    over ${options.conversations} conversations takes ${time(stepsPerPass)}, in ` +
      `${stepsPerPass} steps of ${rows} x ${cols} tokens`,
  );
  note(
    `chosen    ${steps.toLocaleString("en")} steps, about ${time(steps)}: ` +
      `${passes.toPrecision(2)} passes` + remark(passes, { inTime: wanted / stepsPerPass }),
  );
  return steps;
}

function remark(passes: number, { inTime }: { inTime: number }): string {
  if (passes < 1) return "; some conversations are never seen";
  if (inTime <= MANY_PASSES) return "";
  const many = `; more than ${MANY_PASSES} were never seen to help`;
  if (passes > MANY_PASSES) return many;
  return `${many}: the time is enough for ${
    formatCount(inTime)
  } (--steps takes more), or for a larger model`;
}
