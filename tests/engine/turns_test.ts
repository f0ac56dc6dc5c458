import { assert, assertEquals } from "@std/assert";
import { type Steps, turnOver, Turns } from "../../engine/turns.ts";

/** Work of so many steps, each as long as a slice. */
function* busy(count: number, onStep: () => void): Steps<void> {
  for (let step = 0; step < count; step++) {
    for (const until = performance.now() + 1; performance.now() < until;);
    onStep();
    yield;
  }
}

/** Steps that are done while a server of this process answers `requests` requests, one after another. */
async function stepsBeside(
  requests: number,
  work: (onStep: () => void) => Promise<void>,
): Promise<number> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response("ok");
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  // Each on a connection of its own.
  const ask = async () => {
    const response = await fetch(url, { headers: { connection: "close" } });
    assertEquals(await response.text(), "ok");
  };
  await ask();
  let steps = 0, seen = 0;
  const asking = (async () => {
    for (let left = requests; left > 0; left--) await ask();
    seen = steps;
  })();
  await work(() => void steps++);
  await asking;
  return seen;
}

// A socket that is looked at every sixty turns takes several hundred steps for a request.
Deno.test("requests are answered between slices of work, not after sixty of them", async () => {
  const steps = await stepsBeside(5, (onStep) => new Turns().run(busy(1000, onStep)));
  assert(steps < 500, `${steps} steps`);
});

Deno.test("requests are answered between computations that hold the thread", async () => {
  const steps = await stepsBeside(5, async (onStep) => {
    for (const _ of busy(1000, onStep)) await turnOver();
  });
  assert(steps < 500, `${steps} steps`);
});

Deno.test("who has had least of the thread is next", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = async (client: string, usedMs: number, slices: number) => {
    for (; slices > 0; slices--) {
      await turns.next(client, usedMs);
      order.push(client);
    }
  };
  await Promise.all([work("greedy", 10, 3), work("modest", 1, 10)]);
  assertEquals(order, ["greedy", ...Array(10).fill("modest"), "greedy", "greedy"]);
});
