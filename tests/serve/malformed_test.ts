/** `CLLM_MALFORMED` says how many requests are sent; then their seed is another each time. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import { type GoldenServer, openServer } from "./golden_app.ts";
import { type Malformed, malformed, MAX_BODY_BYTES } from "./malformed.ts";

const COUNT = Number(Deno.env.get("CLLM_MALFORMED") ?? 500);
const SEED = Deno.env.has("CLLM_MALFORMED") ? Date.now() % 2 ** 31 : 1;
/** Connections at once. */
const CLIENTS = 32;

/** All that the server says until it hangs up. */
async function answerTo({ bytes }: Malformed, { port }: GoldenServer): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1 << 14);
  let text = "";
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  } catch (error) {
    // It may have heard enough before the end.
    if (!isHangUp(error)) throw error;
  }
  try {
    for (let count; (count = await connection.read(chunk)) !== null;) {
      text += decoder.decode(chunk.subarray(0, count), { stream: true });
    }
  } catch (error) {
    if (!isHangUp(error)) throw error;
  }
  return text;
}

function isHangUp(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}

/** Why an answer is no clear refusal, if it is not. */
function fault(answer: string): string | undefined {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  if (!/^HTTP\/1\.1 4\d\d /.test(head)) return "no 4xx";
  if (!/\r\ncontent-type: application\/json/i.test(head)) return "no JSON";
  try {
    // A body in chunks has its length before it.
    const { error } = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
    if (error.type !== "invalid_request_error") return "another type";
    return typeof error.message === "string" && error.message !== "" ? undefined : "no message";
  } catch {
    return "broken JSON";
  }
}

Deno.test(`${COUNT} malformed requests: each is refused in JSON, and the server goes on`, async () => {
  await using server = await openServer({
    limits: { maxBodyBytes: MAX_BODY_BYTES },
    sockets: { headersMs: 500, requestMs: 500, checkMs: 50 },
  });
  if (COUNT > 500) console.log(`seed ${SEED}`);
  const waiting = fc.sample(malformed, { numRuns: COUNT, seed: SEED });
  const kinds = new Map<string, number>();
  const faults: string[] = [];
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const answer = await answerTo(next, server);
      const found = fault(answer);
      kinds.set(next.kind, (kinds.get(next.kind) ?? 0) + 1);
      if (found === undefined) continue;
      const sent = new TextDecoder().decode(next.bytes.subarray(0, 400));
      faults.push(`${next.kind}, ${found}: ${JSON.stringify(sent)} -> ${JSON.stringify(answer)}`);
    }
  }));
  assertEquals(faults, [], `seed ${SEED}`);
  assertEquals(kinds.size, 14);
  assert(Math.min(...kinds.values()) >= COUNT / 100);
  const health = await (await fetch(`${server.url}/health`)).json();
  assertMatch(health.status, /^ok$/);
  assertEquals([health.running, health.waiting], [0, 0]);
  assertEquals(server.engine.cache.usedBytes, 0);
  assertEquals(server.failures, []);
});
