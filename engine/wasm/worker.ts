/**
 * A worker of the engine: waits for a pass and goes through it. Everything but the first message
 * goes through shared memory.
 *
 * @module
 */
import { instantiateKernels } from "../../kernels/mod.ts";
import { PoisonedError, publish, waitFor, Word } from "./control_words.ts";
import { forward } from "./forward.ts";
import type { StartMessage, WorkerMessage } from "./messages.ts";
import type { WorkerPlan } from "./plan.ts";

const scope = self as typeof self & { postMessage(message: WorkerMessage): void };

scope.addEventListener("message", ({ data }: MessageEvent<StartMessage>) => {
  const { worker, plan, module, memory } = data;
  const ints = new Int32Array(memory.buffer);
  const words = ints.subarray(plan.control / 4);
  const area = plan.workers[worker] as WorkerPlan;
  const context = {
    plan,
    area,
    kernels: instantiateKernels(module, memory, area.wideTile),
    words,
    ints,
  };
  scope.postMessage({ kind: "ready" });
  try {
    for (let pass = 1;; pass = (pass + 1) | 0) {
      waitFor(words, Word.pass, pass);
      if (Atomics.load(words, Word.stop) === 1) break;
      forward(context);
      // The next pass begins with fresh counters, so nobody may still be looking at these.
      if (Atomics.add(words, Word.left, 1) + 1 === plan.workers.length) {
        publish(words, Word.done, pass);
      }
    }
  } catch (cause) {
    if (!(cause instanceof PoisonedError)) {
      Atomics.store(words, Word.poison, 1);
      scope.postMessage({ kind: "failed", worker, cause });
    }
  }
  scope.close();
}, { once: true });
