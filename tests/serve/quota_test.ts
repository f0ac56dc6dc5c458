import { assertEquals } from "@std/assert";
import { Quota } from "../../serve/quota.ts";

function openQuota(rights: ConstructorParameters<typeof Quota>[0]) {
  let now = 5000;
  const quota = new Quota(rights, () => now);
  return { quota, pass: (ms: number) => now += ms };
}

Deno.test("requests of a minute come back evenly, and no more of them than that", () => {
  const { quota, pass } = openQuota({ requests: 3 });
  for (let i = 0; i < 3; i++) {
    assertEquals(quota.refusal, undefined);
    quota.begin()();
  }
  const { limit, retryAfterSeconds } = quota.refusal ?? {};
  assertEquals([limit, retryAfterSeconds], ["requests", 20]);
  pass(19_999);
  assertEquals(quota.refusal?.retryAfterSeconds, 1);
  pass(1);
  assertEquals(quota.refusal, undefined);
  pass(10 * 60_000);
  assertEquals(quota.headers, {
    "x-ratelimit-limit-requests": "3",
    "x-ratelimit-remaining-requests": "3",
    "x-ratelimit-reset-requests": "0ms",
  });
});

Deno.test("tokens beyond a minute's are waited for before the next request", () => {
  const { quota, pass } = openQuota({ tokens: 600 });
  quota.spend(900);
  assertEquals(quota.refusal?.retryAfterSeconds, 31); // 301 tokens at 10 a second
  assertEquals(quota.headers["x-ratelimit-remaining-tokens"], "0");
  assertEquals(quota.headers["x-ratelimit-reset-tokens"], "1m30s");
  pass(30_100);
  assertEquals(quota.refusal, undefined);
});

Deno.test("a request that has ended makes room for the next one, once", () => {
  const { quota } = openQuota({ concurrent: 1 });
  const end = quota.begin();
  assertEquals(quota.refusal?.limit, "concurrent");
  end();
  end();
  quota.begin();
  assertEquals(quota.refusal?.limit, "concurrent");
});

Deno.test("other limits leave used what was used", () => {
  const { quota, pass } = openQuota({ requests: 2, tokens: 100 });
  quota.begin();
  quota.begin();
  quota.spend(100);
  quota.limit({ requests: 60, concurrent: 2 });
  assertEquals(quota.refusal?.limit, "concurrent");
  quota.limit({ requests: 60 });
  assertEquals(quota.refusal?.retryAfterSeconds, 1);
  assertEquals(Object.keys(quota.headers).length, 3); // tokens are no longer limited
  pass(1000);
  assertEquals(quota.refusal, undefined);
});
