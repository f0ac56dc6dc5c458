import { assert, assertEquals } from "@std/assert";
import parsePrometheus from "parse-prometheus-text-format";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { createApp } from "../../serve/app.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { openWasmEngine } from "../../engine/wasm/mod.ts";
import { PAGE } from "../../kernels/mod.ts";
import { characterCodec, readGolden } from "../engine/golden.ts";

const KEY = "metrics-key-0123456789";
const HEADERS = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };

/** A scheduler that tells when a request has come to it. */
class WatchedScheduler extends Scheduler {
  onAdmit = () => {};
  override admit(...given: Parameters<Scheduler["admit"]>): ReturnType<Scheduler["admit"]> {
    const slot = super.admit(...given);
    this.onAdmit();
    return slot;
  }
}

async function openMeasured() {
  const { config, parameters } = await readGolden("gqa_untied");
  const engine = await openWasmEngine({ config, parameters, workers: 1, cacheBytes: 1 << 20 });
  const scheduler = new WatchedScheduler(engine, { maxRunning: 1 });
  const app = createApp({
    scheduler,
    codec: characterCodec({ endOfTextId: 61 }),
    modelName: "golden",
    onFailure: (error) => {
      throw error;
    },
    apiKeys: parseApiKeys(KEY),
  });
  const complete = (body: unknown) =>
    app.request("/v1/completions", {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify(body),
    });
  /** Values by name and labels, such as `x{a="b"}`, as an independent parser reads them. */
  const figures = async () => {
    const response = await app.request("/metrics", { headers: HEADERS });
    assertEquals(
      response.headers.get("content-type"),
      "text/plain; version=0.0.4; charset=utf-8",
    );
    const values = new Map<string, number>();
    for (const { name, type, metrics } of parsePrometheus(await response.text())) {
      for (const { value, labels = {}, buckets = {}, count, sum } of metrics) {
        const given = Object.entries(labels).map(([key, text]) => `${key}=${text}`).join();
        if (type !== "HISTOGRAM") values.set(given ? `${name} ${given}` : name, Number(value));
        else {
          values.set(`${name} count`, Number(count));
          values.set(`${name} sum`, Number(sum));
          values.set(`${name} all`, Number(buckets["+Inf"]));
        }
      }
    }
    return (name: string) => values.get(`cllm_serve_${name}`);
  };
  return {
    app,
    scheduler,
    engine,
    complete,
    figures,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

Deno.test("figures are those of the requests that were made", async () => {
  await using server = await openMeasured();
  const before = await server.figures();
  for (const name of ["prompt_tokens_total", "generated_tokens_total", "running", "waiting"]) {
    assertEquals(before(name), 0);
  }
  const prompt = "a".repeat(PAGE + 1);
  await (await server.complete({ prompt, max_tokens: 7 })).text();
  // The same page of keys and values begins this one.
  await (await server.complete({ prompt: prompt + "b", max_tokens: 1, stream: true })).text();
  assertEquals((await server.complete({ prompt: 5 })).status, 400);
  await server.app.request("/v1/models", {});
  await server.app.request("/nothing", { headers: HEADERS });
  await server.app.request("/other", { headers: HEADERS, method: "PROPFIND" });

  const held = await server.complete({ prompt: "z", max_tokens: 9, stream: true });
  const queued = Promise.withResolvers<void>();
  server.scheduler.onAdmit = queued.resolve;
  const waiting = server.complete({ prompt: "y", max_tokens: 1 });
  await queued.promise;
  const during = await server.figures();
  assertEquals([during("running"), during("waiting")], [1, 1]);
  const { pages } = server.engine.cache;
  assertEquals([during("cache_pages"), during("cache_used_pages")], [pages?.total, 1]);
  assertEquals(during("cache_used_bytes"), server.engine.cache.usedBytes);
  await held.body?.cancel();
  await (await waiting).text();

  const after = await server.figures();
  assertEquals(after("prompt_tokens_total"), 2 * PAGE + 3 + 2);
  assertEquals(after("prompt_tokens_reused_total"), PAGE);
  assertEquals([after("generations_total"), after("prefix_cache_hits_total")], [4, 1]);
  assertEquals(after("generated_tokens_total"), 7 + 1 + 1 + 1);
  for (const unit of ["count", "all"]) {
    assertEquals(after(`time_to_first_token_seconds ${unit}`), 4);
    assertEquals(after(`time_between_tokens_seconds ${unit}`), 6);
  }
  assert((after("time_to_first_token_seconds sum") ?? 0) > 0);
  const requests = (labels: string) => after(`http_requests_total ${labels}`);
  assertEquals(requests("method=POST,route=/v1/completions,status=200"), 4);
  assertEquals(requests("method=POST,route=/v1/completions,status=400"), 1);
  assertEquals(requests("method=GET,route=/v1/models,status=401"), 1);
  assertEquals(requests("method=GET,route=none,status=404"), 1);
  assertEquals(requests("method=other,route=none,status=404"), 1);
  assertEquals(requests("method=GET,route=/metrics,status=200"), 2);
  assertEquals([after("running"), after("waiting"), after("cache_used_pages")], [0, 0, 0]);
  assertEquals(after("model_info fingerprint=wasm"), 1);
  assertEquals((await server.app.request("/metrics")).status, 401);
});
