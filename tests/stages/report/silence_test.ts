import { assertEquals } from "@std/assert";
import { breakSilence, does, shown } from "../../../stages/report/silence.ts";
import { startStatus } from "../../../stages/report/status.ts";

/** A timer that ticks when it is told to. */
function manualTimer() {
  const ticks = new Map<number, () => void>();
  let made = 0, time = 0;
  return {
    now: () => time,
    every: (_ms: number, tick: () => void) => {
      const id = made++;
      ticks.set(id, tick);
      return () => void ticks.delete(id);
    },
    tick() {
      time += 1000;
      for (const tick of [...ticks.values()]) tick();
    },
    get running() {
      return ticks.size;
    },
  };
}

Deno.test("breakSilence: tells within two seconds what is done, then rarely, until something is shown", () => {
  const timer = manualTimer();
  const lines: string[] = [];
  using _silence = breakSilence("verify", { ...timer, tell: (line) => lines.push(line) });
  timer.tick();
  assertEquals(lines, ["verify: working, nothing to show yet (0:01)"]);
  does("reading the shards");
  for (let i = 0; i < 30; i++) timer.tick();
  assertEquals(lines.slice(1), ["verify: reading the shards, nothing to show yet (0:31)"]);
  shown();
  timer.tick();
  assertEquals([lines.length, timer.running], [2, 0]);
});

Deno.test("breakSilence: says nothing of a command that shows something at once", () => {
  const timer = manualTimer();
  const lines: string[] = [];
  using _silence = breakSilence("eval", { ...timer, tell: (line) => lines.push(line) });
  shown();
  timer.tick();
  assertEquals(lines, []);
});

Deno.test("a run that prints JSON alone tells its phase before the first step", () => {
  const timer = manualTimer();
  const lines: string[] = [];
  let out = "";
  const terminal = {
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    write: (text: string) => void (out += text),
  };
  using _silence = breakSilence("train", { ...timer, tell: (line) => lines.push(line) });
  using status = startStatus({ json: true, terminal, every: () => () => {} });
  status.phase("opening the model");
  timer.tick();
  assertEquals(lines, ["train: opening the model, nothing to show yet (0:01)"]);
  assertEquals(out, "");
});
