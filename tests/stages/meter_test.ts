import { assertEquals } from "@std/assert";
import { type Drop, StageMeter } from "../../stages/meter.ts";

/** A meter on a clock that moves when told. */
function meterAt() {
  let time = 1000;
  const drops: Drop[] = [];
  const meter = new StageMeter("extract", (drop) => drops.push(drop), { now: () => time });
  return { meter, drops, pass: (ms: number) => void (time += ms) };
}

Deno.test("a fresh meter counts nothing", () => {
  assertEquals(new StageMeter("crawl").counts().name, "crawl");
  assertEquals(meterAt().meter.counts(), {
    name: "extract",
    itemsIn: 0,
    itemsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    dropped: {},
    busyMs: 0,
    waitingInputMs: 0,
    blockedOutputMs: 0,
  });
});

Deno.test("items and bytes are counted on both sides", () => {
  const { meter } = meterAt();
  meter.in(100);
  meter.in(20);
  meter.out(7);
  const { itemsIn, itemsOut, bytesIn, bytesOut } = meter.counts();
  assertEquals({ itemsIn, itemsOut, bytesIn, bytesOut }, {
    itemsIn: 2,
    itemsOut: 1,
    bytesIn: 120,
    bytesOut: 7,
  });
});

Deno.test("a drop is counted by its reason and told with the stage's name", () => {
  const { meter, drops } = meterAt();
  meter.drop({ item: "http://a.test/", reason: "no-text", detail: "no paragraph found" });
  meter.drop({ item: "http://b.test/", reason: "no-text", detail: "no paragraph found" });
  meter.drop({ item: "http://c.test/", reason: "timeout", detail: "no answer in 10 s" });
  assertEquals(meter.counts().dropped, { "no-text": 2, timeout: 1 });
  assertEquals(drops[2], {
    stage: "extract",
    item: "http://c.test/",
    reason: "timeout",
    detail: "no answer in 10 s",
  });
});

Deno.test("time goes to the phase that was on, and a reading includes the running one", () => {
  const { meter, pass } = meterAt();
  pass(5);
  meter.phase("busy");
  pass(30);
  meter.phase("blocked");
  pass(200);
  meter.phase("busy");
  pass(1000);
  const { waitingInputMs, busyMs, blockedOutputMs } = meter.counts();
  assertEquals({ waitingInputMs, busyMs, blockedOutputMs }, {
    waitingInputMs: 5,
    busyMs: 1030,
    blockedOutputMs: 200,
  });
  assertEquals(meter.counts().busyMs, 1030);
});

Deno.test("queue fill is read when it is asked for, and stays within 0 and 1", () => {
  const { meter } = meterAt();
  let fill = 0.25;
  meter.queueFrom(() => fill);
  for (const [now, shown] of [[0.25, 0.25], [1.5, 1], [-1, 0]] as const) {
    fill = now;
    assertEquals(meter.counts().queueFill, shown);
  }
});

Deno.test("a stage that idles on a filled queue while nobody asks is blocked by its output", () => {
  const { meter, pass } = meterAt();
  let fill = 1;
  meter.queueFrom(() => fill);
  meter.demand(false);
  pass(10);
  meter.demand(true);
  pass(200);
  meter.demand(false);
  fill = 0;
  pass(3000);
  const { waitingInputMs, blockedOutputMs } = meter.counts();
  assertEquals({ waitingInputMs, blockedOutputMs }, { waitingInputMs: 3200, blockedOutputMs: 10 });
});

Deno.test("counts are a copy that later events leave alone", () => {
  const { meter } = meterAt();
  meter.drop({ item: "a", reason: "empty", detail: "" });
  const before = meter.counts();
  meter.drop({ item: "b", reason: "empty", detail: "" });
  assertEquals(before.dropped, { empty: 1 });
});
