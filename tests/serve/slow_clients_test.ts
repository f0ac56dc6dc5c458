/** Clients that take their time, over sockets: each is ended from the server's side. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { eventStream } from "../../serve/event_stream.ts";
import { listen, type SocketLimits } from "../../serve/listen.ts";
import { observe } from "../../serve/observe.ts";
import { ServeMetrics } from "../../serve/metrics.ts";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { goldenModel } from "../engine/golden.ts";

const HEAD = "POST / HTTP/1.1\r\nhost: localhost\r\n";
const encoder = new TextEncoder();

async function open(app: Parameters<typeof listen>[0], limits: SocketLimits) {
  const stopping = new AbortController();
  const { port, finished } = await listen(app, { port: 0, signal: stopping.signal, limits });
  return {
    connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
    },
  };
}

/** What the server says before it hangs up, however it does. */
async function lastWords(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1 << 16);
  let text = "";
  try {
    for (let count; (count = await connection.read(chunk)) !== null;) {
      text += decoder.decode(chunk.subarray(0, count), { stream: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

/** Sends byte after byte until the connection is closed; gives the number sent. */
async function drip(connection: Deno.TcpConn): Promise<number> {
  const byte = encoder.encode("a");
  for (let sent = 0;; sent++) {
    try {
      await connection.write(byte);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset) {
        return sent;
      }
      throw error;
    }
  }
}

const SLOW: [name: string, begun: string, drips: boolean][] = [
  ["sends nothing", "", false],
  ["stops in its headers", HEAD, false],
  ["drips its headers", `${HEAD}x-filler: `, true],
  ["stops in its body", `${HEAD}content-length: 1000000000\r\n\r\n`, false],
  ["drips its body", `${HEAD}content-length: 1000000000\r\n\r\n`, true],
  ["drips chunks", `${HEAD}transfer-encoding: chunked\r\n\r\nfffffff\r\n`, true],
  ["asks, then nothing more", "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", false],
];

for (const [name, begun, drips] of SLOW) {
  Deno.test(`a client that ${name} is closed`, async () => {
    const app = new Hono().get("/", (context) => context.text("hello"))
      .post("/", async (context) => {
        await context.req.raw.arrayBuffer().catch(() => {});
        return context.text("read");
      });
    await using server = await open(app, {
      headersMs: 40,
      requestMs: 60,
      idleMs: 40,
      checkMs: 10,
      drainMs: 1,
      maxHeaderBytes: 1 << 24,
    });
    using connection = await server.connect();
    await connection.write(encoder.encode(begun));
    if (drips) assert(await drip(connection) > 0);
    else assertMatch(await lastWords(connection), /^$|^HTTP\/1.1 (408|200) /);
  });
}

Deno.test("a client that reads nothing of its events is closed, and little is made for it", async () => {
  const { model, config } = await goldenModel();
  await using engine = await openOnnxEngine({ model, config });
  const [left, logged] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()];
  let made = 0;
  async function* endless(): AsyncGenerator<string> {
    for (;; made++) yield "a".repeat(1 << 16);
  }
  const app = new Hono()
    .use(observe({
      metrics: new ServeMetrics({ running: 0, waiting: 0, ...engine }),
      onAccess: ({ cut }) => logged.resolve(cut ?? false),
      trustProxy: false,
    }))
    .get(
      "/",
      (context) =>
        context.body(eventStream(endless(), { stallMs: 40, onLeave: () => left.resolve() }), 200, {
          "content-type": "text/event-stream",
        }),
    );
  await using server = await open(app, {});
  using connection = await server.connect();
  await connection.write(encoder.encode("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  await left.promise;
  assertEquals(await logged.promise, true);
  const atEnd = made;
  // What fits into the system's buffers, no more: 16 MiB are plenty for them.
  assertLess(atEnd, 256);
  assertMatch(await lastWords(connection), /^HTTP\/1.1 200 /);
  assertEquals(made, atEnd);
});

Deno.test("a client that reads nothing of a long answer is closed", async () => {
  const closed = Promise.withResolvers<void>();
  const app = new Hono<{ Bindings: HttpBindings }>().get("/", (context) => {
    context.env.outgoing.once("close", closed.resolve);
    return context.text("a".repeat(1 << 25));
  });
  await using server = await open(app, { stallMs: 40, checkMs: 10 });
  using connection = await server.connect();
  await connection.write(encoder.encode("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  await closed.promise;
  assertLess((await lastWords(connection)).length, 1 << 25);
});
