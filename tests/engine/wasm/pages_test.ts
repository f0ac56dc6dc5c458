import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PAGE } from "../../../kernels/mod.ts";
import { type Lease, PagePool } from "../../../engine/wasm/pages.ts";

/** A text of so many pages, told from others by its first letter a page. */
function text(pages: string, rest = 1): number[] {
  const ids = [...pages].flatMap((letter) => new Array(PAGE).fill(letter.charCodeAt(0)));
  return [...ids, ...new Array(rest).fill(0)];
}

function fill(pool: PagePool, ids: number[]): Lease {
  const lease = pool.acquire(ids, ids.length);
  assert(lease);
  pool.remember(lease, { ids, length: ids.length });
  return lease;
}

Deno.test("the least recently used pages are given up first, ends before beginnings", () => {
  const pool = new PagePool(5);
  for (const pages of ["ab", "cd"]) pool.release(fill(pool, text(pages, 0)));
  // One page is free and one must go: the end of the older text.
  const lease = pool.acquire(text("e", PAGE), 2 * PAGE);
  assert(lease);
  const reused = (pages: string) => pool.acquire(text(pages), pages.length * PAGE)?.reused;
  assertEquals([reused("cd"), pool.available], [2 * PAGE, 1]);
  pool.release(lease);
  assertEquals(reused("ab"), PAGE);
});

Deno.test("no page is ever in two texts that differ, and none is lost", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
  const actions = fc.array(fc.tuple(letters, fc.nat(3)), { maxLength: 40 });
  fc.assert(
    fc.property(actions, (actions) => {
      const pool = new PagePool(8);
      const running: { ids: number[]; lease: Lease }[] = [];
      for (const [pages, action] of actions) {
        if (action === 0) {
          const ended = running.shift();
          if (ended) pool.release(ended.lease);
          continue;
        }
        const ids = text(pages);
        const lease = pool.acquire(ids, ids.length);
        if (!lease) continue;
        assertEquals(lease.pages.length, pages.length + 1);
        if (action > 1) pool.remember(lease, { ids, length: ids.length });
        running.push({ ids, lease });
        const beginnings = new Map<number, string>();
        for (const { ids, lease } of running) {
          for (const [i, page] of lease.pages.entries()) {
            const beginning = ids.slice(0, (i + 1) * PAGE).join();
            assertEquals(beginnings.get(page) ?? beginning, beginning);
            beginnings.set(page, beginning);
          }
        }
        assertEquals(pool.available, 8 - beginnings.size);
      }
      for (const { lease } of running) pool.release(lease);
      assertEquals(pool.available, 8);
    }),
    { seed: 7 },
  );
});
