import { assertEquals } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import {
  beat,
  MISSED_BEATS,
  nodeKey,
  type RoleState,
  watchNodes,
} from "../../cluster/heartbeat.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

const KEEPER: RoleState = {
  role: "keeper",
  active: true,
  waitsFor: "documents",
  counts: { documents: 3 },
  owns: [],
  lag: 7,
};

Deno.test({
  name:
    "a node that leaves is forgotten, and one that falls silent has vanished, also to a newcomer",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    const connection = await connect({ servers: nats.urls });
    const bucket = await new Kvm(connection).create("cllm_test");
    const beats = await bucket.watch({ key: nodeKey("*") });
    const next = beats[Symbol.asyncIterator]();
    const everyMs = 60_000;
    await using leaving = beat({ bucket, node: "a", roles: () => [KEEPER], everyMs });
    // Stays behind as of a process that was killed.
    const killed = { node: "b", beat: 12, roles: [KEEPER], memoryBytes: 1 };
    await bucket.put(nodeKey("b"), JSON.stringify(killed));
    await bucket.put(nodeKey("c"), JSON.stringify({ form: "of another version" }));
    for (let arrived = 0; arrived < 3; arrived++) await next.next();
    let clock = 0;
    await using watch = watchNodes(bucket, { now: () => clock, everyMs });
    const names = () => watch.nodes().map(({ node, vanished }) => [node, vanished]);
    await using other = watchNodes(bucket);
    while (names().length < 2 || other.nodes().length < 2) await connection.flush();
    assertEquals(names(), [["a", false], ["b", false]]);
    assertEquals(watch.nodes()[1]?.roles, [KEEPER]);
    await leaving[Symbol.asyncDispose]();
    clock = MISSED_BEATS * everyMs + 1;
    while (names().length > 1) await connection.flush();
    assertEquals(names(), [["b", true]]);
    beats.stop();
    await connection.close();
  },
});
