import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { StageMeter } from "../../../stages/meter.ts";
import { stepReport } from "./step_report.ts";
import { Screen } from "./screen.ts";
import { watch } from "./watch.ts";

Deno.test("piped: plain lines, one each 5 % or five seconds, the first and the last", () => {
  const { status, pass, taken, isTicking } = watch({ totalSteps: 100 });
  status.phase("training");
  assertEquals(taken(), "training\n");
  const printed: number[] = [];
  for (let step = 1; step <= 100; step++) {
    pass(100);
    status.step(stepReport(step));
    const text = taken();
    if (text) printed.push(Number(/^step (\d+)\/100 /.exec(text)?.[1]));
  }
  // Five seconds are fifty steps of 100 ms, more than 5 %.
  assertEquals(printed, [1, 51, 100]);
  status.note("kept");
  status.close();
  assertEquals(taken(), "kept\n");
  assert(!isTicking());
});

Deno.test("piped: with long steps a line each 5 %", () => {
  const { status, pass, taken } = watch({ totalSteps: 100 });
  let lines = 0;
  for (let step = 1; step <= 100; step++) {
    pass(6000);
    status.step(stepReport(step));
    lines += taken().split("\n").length - 1;
  }
  // Steps 1, 5, 10, …, 95 and 100.
  assertEquals(lines, 21);
});

Deno.test("piped: a run that breaks off shows its last step, a silent one its stages", () => {
  const meter = new StageMeter("crawl");
  meter.in(10);
  const { status, pass, taken } = watch({ meters: [meter], totalSteps: 100 });
  status.phase("crawling");
  pass(29_000);
  assertEquals(taken(), "crawling\n");
  pass(1_000);
  assertEquals(taken(), "crawling  0:30  crawl 1 in 0 out\n");
  status.step(stepReport(1));
  status.step(stepReport(2));
  taken();
  status.close();
  assertStringIncludes(taken(), "step 2/100");
  status.close();
  assertEquals(taken(), "");
});

Deno.test("piped: the last step comes before what follows training; no validation is no figure", () => {
  const { status, taken } = watch({});
  status.step(stepReport(1));
  status.step(stepReport(2, { validationLoss: NaN }));
  taken();
  status.phase("exporting");
  const [step, phase, end] = taken().split("\n");
  assert(step?.startsWith("step 2") && !step.includes("validation"), step);
  assertEquals([phase, end], ["exporting", ""]);
  status.close();
  assertEquals(taken(), "");
});

Deno.test("piped: a run planned by time shows a line each twentieth of it, and the time left", () => {
  const { status, pass, taken } = watch({});
  status.endAt(200_000);
  const shown: string[] = [];
  for (let step = 1; step <= 200; step++) {
    pass(1000);
    status.step(stepReport(step));
    shown.push(...taken().split("\n").filter(Boolean));
  }
  // After 1 s, 10 s, 20 s, … 200 s.
  assertEquals(shown.length, 21);
  assertStringIncludes(shown[1] ?? "", "step 10  loss 5.0000  12.3k tokens/s  3:10 left");
});

Deno.test("json: one object a step and nothing else", () => {
  const { status, pass, taken } = watch({ json: true, totalSteps: 2, isTerminal: true });
  status.phase("training");
  status.note("dropped");
  status.step(stepReport(1));
  pass(60_000);
  status.step(stepReport(2, { loss: 4.5 }));
  status.close();
  const lines = taken().trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ step, loss, gradNorm }) => [step, loss, gradNorm]), [
    [1, 5, 1.5],
    [2, 4.5, 1.5],
  ]);
});

/** What a terminal of 80 columns shows after `text`. */
const screenAfter = (text: string) =>
  new Screen({ columns: 80, rows: 24 }).write(text.replaceAll("\n", "\r\n")).lines;

Deno.test("terminal: one block redrawn in place, notes scroll above it", () => {
  const meter = new StageMeter("crawl");
  const { status, pass, taken, isTicking } = watch({ isTerminal: true, meters: [meter] });
  status.phase("crawling");
  meter.in(1);
  pass(1000);
  status.note("dropped http://a.test/: \x1b[2Jno-text");
  status.phase("crawling, then reading");
  meter.out(1);
  status.note("saved");
  pass(1000);
  status.phase("done");
  const text = taken();
  assertEquals(screenAfter(text), [
    "dropped http://a.test/: \\u001b[2Jno-text",
    "saved",
    "done  0:02",
    "crawl      1 in      1 out",
  ]);
  pass(100);
  assertEquals(taken(), "", "nothing changed, nothing is written");
  status[Symbol.dispose]();
  assert(!isTicking());
  status.note("after the end");
  assertEquals(taken(), "after the end\n");
});

Deno.test("terminal: notes are wrapped between words, those of a pipe are not", () => {
  const note = "plan      " + "an epoch is 900 steps ".repeat(6).trim();
  const narrow = watch({ isTerminal: true, meters: [] });
  narrow.status.note(note);
  narrow.status.close();
  narrow.status.note(note);
  const lines = screenAfter(narrow.taken()).filter((line) => /steps|plan/.test(line));
  assertEquals(lines.length, 4);
  assert(lines.every((line) => /^(plan| {4}) {6}\S/.test(line)), lines.join("\n"));
  assertEquals(lines.join(" ").replace(/\s+/g, " "), `${note} ${note}`.replace(/\s+/g, " "));
  const piped = watch({});
  piped.status.note(note);
  assertEquals(piped.taken(), `${note}\n`);
});

Deno.test("terminal: what is typed beside the block is gone at the next drawing", () => {
  const { status, pass, taken } = watch({ isTerminal: true, meters: [new StageMeter("crawl")] });
  const screen = new Screen({ columns: 80, rows: 24 });
  const show = (text: string) => screen.write(text.replaceAll("\n", "\r\n")).lines;
  status.phase("training");
  show(taken());
  // A terminal shows Ctrl-C where the cursor is.
  assertEquals(show("^C").at(-1), "^C");
  status.phase("stopping: saves its step");
  assertEquals(show(taken()), ["stopping: saves its step  0:00", "crawl      0 in      0 out"]);
  show("typed");
  pass(1000);
  assertEquals(show(taken())[0], "stopping: saves its step  0:01");
});

Deno.test("terminal: wide characters and a line as wide as the screen do not wrap", () => {
  const meters = ["crawl", "extract"].map((name) => new StageMeter(name));
  const { status, pass, taken } = watch({ isTerminal: true, meters, columns: 20 });
  const screen = new Screen({ columns: 20, rows: 24 });
  for (const phase of ["汉".repeat(30), "x".repeat(60), "é".repeat(19), "short"]) {
    status.phase(phase);
    pass(1000);
    const lines = screen.write(taken().replaceAll("\n", "\r\n")).lines;
    assertEquals(lines.length, 3, lines.join("\n"));
  }
  assertEquals(screen.lines[0], "short  0:04");
});

Deno.test("terminal: a flood of notes is counted, steps alone do not redraw", () => {
  const { status, pass, taken } = watch({ isTerminal: true, totalSteps: 900 });
  for (let i = 0; i < 100; i++) status.note(`note ${i}`);
  for (let step = 1; step <= 50; step++) status.step(stepReport(step));
  assertEquals(taken(), "");
  pass(100);
  const screen = screenAfter(taken());
  assertEquals(screen.slice(7, 10), ["note 7", "… and 92 more", "starting  0:00"]);
  assertStringIncludes(screen[10] ?? "", "step 50/900");
});

Deno.test("terminal: a low screen keeps the headline and the last lines", () => {
  const meters = ["crawl", "extract", "tokenize", "train"].map((name) => new StageMeter(name));
  const { status, taken } = watch({ isTerminal: true, meters, rows: 4 });
  status.phase("crawling");
  assertEquals(screenAfter(taken()).map((line) => line.split(" ")[0]), [
    "crawling",
    "tokenize",
    "train",
  ]);
});

Deno.test("terminal: colour only when wanted", () => {
  const coloured = watch({ isTerminal: true, color: true });
  coloured.status.phase("crawling");
  assertStringIncludes(coloured.taken(), "\x1b[1mcrawling  0:00\x1b[0m");
  const plain = watch({ isTerminal: true, color: false });
  plain.status.phase("crawling");
  assert(!plain.taken().includes("\x1b[1m"));
});

Deno.test("a run folder that is gone is said in words of our own", () => {
  const { status } = watch({ runDir: "/nowhere/run" });
  assertThrows(
    () => status.close(),
    Error,
    "Cannot write /nowhere/run/status.json: its folder does not exist",
  );
});
