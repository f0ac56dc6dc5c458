import { assert, assertEquals } from "@std/assert";
import { FairQueue } from "../../engine/fair_queue.ts";

/** Serves all that wait; gives the order. */
function serveAll(queue: FairQueue<string>): string[] {
  const order: string[] = [];
  for (let entry = queue.peek(); entry; entry = queue.peek()) {
    queue.take(entry);
    order.push(entry.item);
  }
  return order;
}

Deno.test("any number of clients that come once are forgotten, and one that owes much is not", () => {
  const queue = new FairQueue<string>();
  queue.push("hog", { client: "hog", cost: 1000 });
  let most = 0;
  for (let i = 0; i < 20_000; i++) {
    queue.push(`${i}`, { client: `client ${i}`, cost: 1 + i % 7 });
    serveAll(queue);
    most = Math.max(most, queue.remembered);
  }
  assert(most <= 1024, `${most} are remembered`);
  queue.push("hog again", { client: "hog", cost: 1 });
  queue.push("new", { client: "new", cost: 1 });
  assertEquals(serveAll(queue), ["new", "hog again"]);
});
