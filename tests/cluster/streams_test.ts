import { assert, assertEquals, assertRejects } from "@std/assert";
import { AckPolicy, JetStreamApiError } from "@nats-io/jetstream";
import { connectCluster } from "../../cluster/connect.ts";
import { fromStream } from "../../cluster/from_stream.ts";
import { LostLease, takeLease } from "../../cluster/lease.ts";
import { createRun, joinRun, removeRun, sealRecord } from "../../cluster/run.ts";
import { isAway, publish } from "../../cluster/to_stream.ts";
import { startCommand } from "../commands/program.ts";
import { findNatsServer, isWithoutNats, startNats } from "./nats_server.ts";

const RECORD = {
  settings: {},
  options: {},
  program: "0",
  leaseMs: 1_000,
  docBytes: 3 * 2 ** 20,
};

const ignore = await isWithoutNats();
const broker = ignore ? undefined : await startNats(1);
addEventListener("unload", () => broker?.servers[0]?.kill());
const { signal } = new AbortController();
const test = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore, fn });

test("a run's streams carry values larger than a message, and hold back at their bound", async () => {
  await using cluster = await connectCluster(broker?.urls ?? "", { name: "test" });
  const { names } = await createRun(cluster, "large", sealRecord(RECORD));
  const values = [3_000_000, 10, 2_000_000].map((size, i) => new Uint8Array(size).fill(i + 1));
  await cluster.manager.consumers.add(names.streams.doc, {
    durable_name: "all",
    ack_policy: AckPolicy.Explicit,
  });
  const full = Promise.withResolvers<void>();
  const published: number[] = [];
  const publishing = (async () => {
    for (const value of values) {
      const id = `p0.${value[0]}`;
      await publish(names.doc("p0"), value, { cluster, id, signal, onFull: () => full.resolve() });
      published.push(value.byteLength);
    }
  })();
  await full.promise;
  assertEquals(published, [3_000_000, 10]);
  const deliveries = fromStream(
    () => cluster.js.consumers.get(names.streams.doc, "all"),
    { decode: (bytes) => bytes, signal },
  );
  const got: number[] = [];
  for await (const delivery of deliveries) {
    got.push(delivery.value.byteLength * (delivery.value[0] ?? 0));
    delivery.ack();
    if (got.length === values.length) break;
  }
  await publishing;
  assertEquals(got, [3_000_000, 20, 6_000_000]);
});

test("what is published twice under one id is in the stream once", async () => {
  await using cluster = await connectCluster(broker?.urls ?? "", { name: "test" });
  const { names } = await createRun(cluster, "twice", sealRecord(RECORD));
  for (let i = 0; i < 2; i++) {
    await publish(names.stored("p1"), new Uint8Array(3), { cluster, id: "p1.0", signal });
  }
  const { state } = await cluster.manager.streams.info(names.streams.stored);
  assertEquals(state.messages, 1);
});

test("a lease has one holder, whose successor has a larger revision", async () => {
  await using cluster = await connectCluster(broker?.urls ?? "", { name: "test" });
  // It is given back, and must not run out before that on a busy machine.
  const record = sealRecord({ ...RECORD, leaseMs: 60_000 });
  const { leases: bucket } = await createRun(cluster, "lease", record);
  const options = { bucket, key: "keeper", ttlMs: record.leaseMs };
  const first = await takeLease({ ...options, holder: "a" });
  assert(first);
  assertEquals(await takeLease({ ...options, holder: "b" }), undefined);
  first.check();
  await first[Symbol.asyncDispose]();
  await using second = await takeLease({ ...options, holder: "b" });
  assert(second && second.revision > first.revision);
});

test("a holder without its broker ends before the lease can pass to another", async () => {
  await using own = await startNats(1);
  await using cluster = await connectCluster(own.urls, { name: "test" });
  const { leases: bucket, record } = await createRun(cluster, "cut", sealRecord(RECORD));
  const options = { bucket, key: "keeper", holder: "a", ttlMs: record.leaseMs };
  await using lease = await takeLease(options);
  assert(lease);
  await own.servers[0]?.kill();
  await new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
  assert(lease.signal.reason instanceof LostLease);
});

test("two runs of one name must agree on their settings", async () => {
  await using cluster = await connectCluster(broker?.urls ?? "", { name: "test" });
  const record = sealRecord(RECORD);
  await createRun(cluster, "same", record);
  await createRun(cluster, "same", record);
  const joined = await joinRun(cluster, "same", { signal, onWait() {} });
  assertEquals(joined.record, record);
  await assertRejects(
    () => createRun(cluster, "same", sealRecord({ ...RECORD, program: "1" })),
    Error,
    "Cannot create the run same: the cluster has one of that name with other settings",
  );
});

test("a run that is removed leaves nothing of its own on the broker", async () => {
  await using cluster = await connectCluster(broker?.urls ?? "", { name: "test" });
  const streams = async () =>
    (await Array.fromAsync(cluster.manager.streams.list()))
      .map(({ config }) => config.name).filter((name) => name.includes("gone"));
  await createRun(cluster, "gone-2", sealRecord(RECORD));
  const others = await streams();
  const run = await createRun(cluster, "gone", sealRecord(RECORD));
  assert((await streams()).length > others.length);
  await removeRun(run);
  assertEquals(await streams(), others);
});

test("errors of the connection say what to do", async () => {
  await assertRejects(
    () => connectCluster("nats://user:secret@127.0.0.1:9", { name: "test" }),
    Error,
    "Cannot join the cluster at nats://127.0.0.1:9: connection refused; start nats-server -js",
  );
  const path = await findNatsServer() ?? "";
  await using bare = startCommand([path, "--addr", "127.0.0.1", "--port", "-1"]);
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(await bare.line(/Listening for client/)) ?? [];
  await assertRejects(
    () => connectCluster(`nats://127.0.0.1:${port}`, { name: "test" }),
    Error,
    "its server runs without JetStream; start it with -js",
  );
  // A server that takes connections and says nothing, as one does that waits for a certificate.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port: silentPort } = silent.addr as Deno.NetAddr;
  const held = silent.accept();
  await assertRejects(
    () => connectCluster(`nats://127.0.0.1:${silentPort}`, { name: "test", connectMs: 300 }),
    Error,
    "a server that refuses this node's certificate looks the same",
  );
  (await held).close();
});

test("a server that restarts is away; servers that are too few are not", () => {
  const refused = (description: string) =>
    isAway(new JetStreamApiError({ code: 400, err_code: 10005, description }));
  assert(refused("no suitable peers for placement, peer offline"));
  assertEquals(refused("no suitable peers for placement"), false);
  // As a consumer whose leader changes answers, in the client's words.
  for (const said of ["leadership change", "server shutdown"]) {
    assert(isAway(new Error(said)), said);
  }
  return Promise.resolve();
});
