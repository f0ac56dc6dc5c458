/**
 * A process that saves checkpoints, to be killed or starved of disk by fault_test.ts.
 * Usage: probe.ts loop|starved CHECKPOINTS_DIR
 */
import {
  checkpointName,
  initFromFolder,
  readModelConfig,
  rotateCheckpoints,
  saveCheckpoint,
} from "../../../model/checkpoint/mod.ts";
import { createLayout } from "../../../model/layout.ts";

const [mode, dir = ""] = Deno.args;
const golden = new URL("../../fixtures/goldens/mha_tied", import.meta.url).pathname;
const config = await readModelConfig(golden);
const layout = createLayout(config);
const parameters = new Float32Array(layout.length);
await initFromFolder(golden, { layout, parameters });

const say = (line: string) => Deno.stdout.write(new TextEncoder().encode(line + "\n"));

/** Every float of step s is s, so that a mixture of two steps would be seen. */
async function save(step: number): Promise<void> {
  const area = () => new Float32Array(layout.length).fill(step);
  await saveCheckpoint(`${dir}/${checkpointName(step)}`, {
    config,
    layout,
    snapshot: {
      step,
      totalTokens: step * 1000,
      parameters: area(),
      firstMoment: area(),
      secondMoment: area(),
      cursors: { batch: { epoch: 0, batch: step, state: null } },
    },
  });
}

async function limitFileSize(limit: string): Promise<void> {
  const command = `prlimit --pid ${Deno.pid} --fsize=${limit}:unlimited`;
  const { success } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  if (!success) throw new Error("prlimit failed");
}

if (mode === "loop") {
  for (let step = 1;; step++) {
    // Written twice, so that replacing a checkpoint is interrupted too.
    await save(step);
    await save(step);
    await rotateCheckpoints(dir, { keepLast: 1 });
    await say(String(step));
  }
} else {
  await save(1);
  // The optimizer's file has 87 kB: it will not fit.
  await limitFileSize("60000");
  try {
    await save(2);
    await say("saved");
  } catch (error) {
    await say(error instanceof Error ? error.message : "no error");
  } finally {
    await limitFileSize("unlimited");
  }
}
