import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { listen } from "../../serve/listen.ts";
import { type GoldenServer, openServer, post } from "./golden_app.ts";

/** A text longer than any test waits for. */
const ENDLESS = { context: 1_000_000 };
const ENDLESS_REQUEST = { model: "golden", prompt: "a", max_tokens: 900_000 };

function client({ url }: GoldenServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}

/** A connection to the server that sent `text`. */
async function connect({ port }: { port: number }, text: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}

function request(body: unknown, headers = ""): string {
  const json = JSON.stringify(body);
  return "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `${headers}content-length: ${new TextEncoder().encode(json).length}\r\n\r\n${json}`;
}

/** Everything up to the end of the connection, which may be abrupt. */
async function readAll(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  try {
    for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
      text += chunk;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

/** Reads until `pattern` has come. */
async function readUntil(connection: Deno.TcpConn, pattern: RegExp): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  let text = "";
  while (!pattern.test(text)) {
    const count = await connection.read(chunk);
    assert(count !== null, `the connection ended after ${JSON.stringify(text)}`);
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  return text;
}

Deno.test("OpenAI's own client completes, streams, lists models and reads errors", async () => {
  await using server = await openServer();
  const openai = client(server);
  const options = { model: "golden", prompt: "2%", max_tokens: 20, temperature: 0 };

  const whole = await openai.completions.create(options);
  assertEquals(whole.usage?.completion_tokens, 20);
  assertEquals(whole.choices[0]?.finish_reason, "length");

  const stream = await openai.completions.create({
    ...options,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "", usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.text ?? "";
    usage = chunk.usage ?? usage;
  }
  assertEquals(text, whole.choices[0]?.text);
  assertEquals(usage, whole.usage);

  const ids: string[] = [];
  for await (const { id } of openai.models.list()) ids.push(id);
  assertEquals(ids, ["golden"]);
  assertEquals((await openai.models.retrieve("golden")).owned_by, "cllm");

  const refused = await assertRejects(
    () => openai.completions.create({ ...options, n: 30 }),
    OpenAI.BadRequestError,
  );
  assertEquals([refused.param, refused.type], ["n", "invalid_request_error"]);
  await assertRejects(() => openai.models.retrieve("gpt-4"), OpenAI.NotFoundError);
});

Deno.test("OpenAI's client sees a full queue as a rate limit, and can leave", async () => {
  await using server = await openServer({ ...ENDLESS, limits: { maxRunning: 1, maxWaiting: 0 } });
  const openai = client(server);
  const stream = await openai.completions.create({ ...ENDLESS_REQUEST, stream: true });
  const chunks = stream[Symbol.asyncIterator]();
  await chunks.next();
  const limited = await assertRejects(
    () => openai.completions.create(ENDLESS_REQUEST),
    OpenAI.RateLimitError,
  );
  assertEquals(limited.headers?.get("retry-after"), "1");
  stream.controller.abort();
  await server.engine.disposed(0);
  const after = await openai.completions.create({ ...ENDLESS_REQUEST, max_tokens: 1 });
  assertEquals(after.choices[0]?.text.length, 1);
});

for (const stream of [true, false]) {
  Deno.test(`a client that disconnects stops its generation within a token, stream ${stream}`, async () => {
    await using server = await openServer(ENDLESS);
    const noticed = Promise.withResolvers<number>();
    const { app, engine } = server;
    await using listener = await listenSeeing(app.fetch, (request) => {
      request.signal.addEventListener("abort", () => noticed.resolve(engine.steps.length));
    });
    const running = Promise.withResolvers<void>();
    const { step } = engine;
    engine.step = (sequences) => {
      if (engine.steps.length >= 10) running.resolve();
      return step(sequences);
    };
    const connection = await connect(listener, request({ ...ENDLESS_REQUEST, stream }));
    if (stream) await readUntil(connection, /(data: .*\n\n[^]*){5}/);
    else await running.promise;
    connection.close();
    const steps = await noticed.promise;
    await engine.disposed(0);
    assertLess(engine.steps.length - steps, 2);
    // Another's text goes on alone.
    await post(server, JSON.stringify({ prompt: "b", max_tokens: 5 }));
    assertEquals(engine.steps.slice(-5), [[1], [1], [1], [1], [1]]);
    assertEquals(server.failures, []);
  });
}

/** Listens with a look at each request first. */
async function listenSeeing(
  fetch: (request: Request) => Response | Promise<Response>,
  see: (request: Request) => void,
) {
  const stopping = new AbortController();
  const { port, finished } = await listen({
    fetch: (request) => {
      see(request);
      return fetch(request);
    },
  }, { port: 0, signal: stopping.signal });
  return {
    port,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
    },
  };
}

Deno.test("malformed requests are refused, and the server goes on", async (t) => {
  await using server = await openServer();
  const head = "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\n";
  const json = `${head}content-type: application/json\r\nconnection: close\r\n`;
  const cases: [string, string, RegExp][] = [
    ["no HTTP", "hello\r\n\r\n", /^HTTP\/1.1 400 |^$/],
    ["bad length", `${json}content-length: x\r\n\r\n`, /^HTTP\/1.1 400 |^$/],
    [
      "two lengths",
      `${json}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1.1 400 |^$/,
    ],
    ["bad chunk", `${json}transfer-encoding: chunked\r\n\r\nzz\r\n`, /^HTTP\/1.1 [45]00 |^$/],
    ["no JSON", `${json}content-length: 5\r\n\r\n{"a":`, /^HTTP\/1.1 400 [^]*not JSON/],
    ["no type", `${head}connection: close\r\ncontent-length: 2\r\n\r\n{}`, /^HTTP\/1.1 415 /],
    [
      "bad host",
      "GET /health HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n",
      /^HTTP\/1.1 400 /,
    ],
    [
      "bad path",
      "GET http://[/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
      /^HTTP\/1.1 400 |^$/,
    ],
    [
      "long headers",
      `${json}x-filler: ${"a".repeat(17_000)}\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1.1 431 /,
    ],
    ["half a body", `${json}content-length: 100\r\n\r\n{`, /^HTTP\/1.1 400 |^$/],
  ];
  for (const [name, text, expected] of cases) {
    await t.step(name, async () => {
      const connection = await connect(server, text);
      // What is complete is answered; the rest ends when the client has no more to say.
      if (expected.test("")) await connection.closeWrite();
      assertMatch(await readAll(connection), expected);
    });
  }
  const health = await fetch(`${server.url}/health`);
  const { fingerprint } = server.engine;
  assertEquals(await health.json(), { status: "ok", fingerprint, running: 0, waiting: 0 });
  assertEquals(server.failures, []);
});

Deno.test("a body past the limit is refused while it is still being sent", async () => {
  await using server = await openServer();
  const head =
    "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  const connection = await connect(server, `${head}content-length: ${1e9}\r\n\r\n`);
  await connection.write(new Uint8Array((1 << 20) + 1).fill(32));
  assertMatch(await readUntil(connection, /\r\n\r\n.*}/), /^HTTP\/1.1 413 [^]*longer than 1048576/);
  connection.close();
});

Deno.test("clients that send too slowly are closed, and others served meanwhile", async () => {
  // Long enough for a whole request to arrive on a busy machine.
  const sockets = { headersMs: 300, requestMs: 400, checkMs: 10 };
  await using server = await openServer({ sockets });
  const { engine } = server;
  const { step } = engine;
  const closed = Promise.withResolvers<void>();
  engine.step = async (sequences) => {
    if (engine.steps.length >= 5) await closed.promise;
    return await step(sequences);
  };
  const reading = await connect(server, request({ prompt: "a", max_tokens: 30, stream: true }));
  const head =
    "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  const slow = await Promise.all([
    connect(server, head),
    connect(server, `${head}content-length: 100\r\n\r\n{`),
  ]);
  const [headers = "", body = ""] = await Promise.all(slow.map(readAll));
  assertMatch(headers, /^HTTP\/1.1 408 |^$/);
  assertMatch(body, /^HTTP\/1.1 408 |^$/);
  // A request that was quick to arrive may take long to answer.
  closed.resolve();
  await readUntil(reading, /\[DONE\]/);
  reading.close();
});

Deno.test("connections with nothing to ask are closed", async () => {
  await using server = await openServer({ sockets: { idleMs: 50, checkMs: 10 } });
  const connection = await connect(server, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
  assertMatch(await readAll(connection), /^HTTP\/1.1 200 /);
});

Deno.test("connections past the limit are refused", async () => {
  await using server = await openServer({ sockets: { maxConnections: 2 } });
  const health = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
  const kept = await Promise.all([connect(server, health), connect(server, health)]);
  await Promise.all(kept.map((connection) => readUntil(connection, /"ok"/)));
  const refused = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  assertEquals(await readAll(refused).catch(() => ""), "");
  for (const connection of kept) connection.close();
});

Deno.test("stopping lets requests end and refuses new ones", async () => {
  await using server = await openServer();
  const connection = await connect(server, request({ prompt: "a", max_tokens: 63, stream: true }));
  await readUntil(connection, /data: /);
  const stopped = server.stop();
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port: server.port }));
  assertMatch(await readUntil(connection, /\[DONE\]\n\n/), /"finish_reason":"length"/);
  connection.close();
  await stopped;
});

Deno.test("stopping ends what does not end by itself", async () => {
  await using server = await openServer({ ...ENDLESS, sockets: { drainMs: 20 } });
  const connection = await connect(server, request({ ...ENDLESS_REQUEST, stream: true }));
  await readUntil(connection, /data: /);
  await server.stop();
  await server.engine.disposed(0);
  connection.close();
});

Deno.test("an address that is taken is refused", async () => {
  await using server = await openServer();
  await assertRejects(() => listen(server.app, { port: server.port }), Error, "EADDRINUSE");
});
