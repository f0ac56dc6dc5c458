import { assert, assertEquals, assertRejects } from "@std/assert";
import { Objm } from "@nats-io/obj";
import { connectCluster } from "../../cluster/connect.ts";
import { readObject } from "../../cluster/read_object.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

const BYTES = new Uint8Array(300_000).map((_, i) => i % 251);

Deno.test({
  name: "an object whose parts stop coming is asked for anew, and comes whole",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const store = await new Objm(cluster.js).create("objects");
    await store.putBlob({ name: "one" }, BYTES);
    const { signal } = new AbortController();
    assertEquals(await readObject(store, "one", { signal }), BYTES);
    assertEquals(await readObject(store, "none", { signal }), null);
    // The first time, what a broker sent before it restarted has not arrived.
    let asked = 0;
    const stalling = {
      async get(name: string) {
        const found = await store.get(name);
        if (++asked > 1 || found === null) return found;
        await found.data.cancel();
        return { ...found, data: new ReadableStream<Uint8Array>() };
      },
    };
    assertEquals(await readObject(stalling, "one", { signal, stallMs: 300 }), BYTES);
    assert(asked >= 2);
    const stop = new AbortController();
    const never = { get: () => (stop.abort(new Error("ended")), stalling.get("one")) };
    asked = 0;
    await assertRejects(
      () => readObject(never, "one", { signal: stop.signal, stallMs: 1 }),
      Error,
      "ended",
    );
  },
});
