import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../../cli/flags.ts";
import { connectCluster } from "../../../cluster/connect.ts";
import { createRun } from "../../../cluster/run.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { decodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { joinCluster } from "../../../pipeline/nodes/join.ts";
import { launch } from "../../../pipeline/nodes/launch.ts";
import { recordOf } from "../../../pipeline/nodes/run_record.ts";
import { endRun, reopenRun } from "../../../pipeline/nodes/run_state.ts";
import type { PartTask } from "../../../pipeline/nodes/text_node.ts";
import { PIPELINE_FLAGS } from "../../../run/settings/pipeline.ts";
import { planParts } from "../../../stages/read/mod.ts";
import type { NodeState } from "../../../stages/report/mod.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { prose } from "../../commands/corpus.ts";
import { openFolder } from "../../commands/program.ts";
import { untilKey } from "./crawl_run.ts";

const WAITS_FOR = "the run, which has failed, to go on";

Deno.test({
  name: "nodes of a run that has failed wait for it to go on, and say so",
  ignore: await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    const file = join(folder.path, "lines.jsonl");
    await Deno.writeTextFile(file, JSON.stringify({ text: prose(1) }));
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const parse = (...args: string[]) => parseFlags(args, { flags: PIPELINE_FLAGS });
    const run = await createRun(cluster, "books", await recordOf(parse(file)));
    const { bucket, names } = run;
    await endRun(bucket, { phase: "failed", error: "the disk is full", keeper: "keeper1" });
    const { signal } = new AbortController();
    const watch = launch(parse("--cluster", nats.urls, "--run", "books"), {
      servers: nats.urls,
      interrupt: { signal, exitCode: 130, stop() {}, [Symbol.dispose]() {} },
    });
    await assertRejects(
      () => watch,
      Error,
      "Cannot finish the run books: the disk is full (on keeper1)\nThe other nodes wait.",
    );

    const notes: string[] = [], isTold = Promise.withResolvers<void>();
    const note = (line: string) => {
      notes.push(line);
      if (line.includes("the disk is full")) isTold.resolve();
    };
    const node = joinCluster({
      ...{ servers: nats.urls, run: "books", roles: ["text"], credentials: undefined },
      machine: {
        folder: folder.path,
        spheres: { workers: 1, strictSimd: false, recompute: false },
      },
      ...{ stop: signal, note },
    });
    await isTold.promise;
    await untilKey<NodeState>(bucket, "node.*", ({ roles }) => roles[0]?.waitsFor === WAITS_FOR);
    const documents = cluster.connection.subscribe(names.doc("p0"), { max: 1 });
    for await (const { files } of planParts({ paths: [file], partBytes: 2 ** 20 })) {
      const task: PartTask = { part: 0, offer: "1", files };
      const bytes = new TextEncoder().encode(JSON.stringify(task));
      await publish(names.part(0), bytes, { cluster, id: "part.0", signal });
    }
    await reopenRun(bucket);
    for await (const { data } of documents) {
      assertEquals(decodeChunk(data).documents.map(({ text }) => text), [prose(1)]);
    }
    await endRun(bucket, { phase: "ended", manifest: undefined, keeper: "keeper1" });
    await node;
    assert(notes.length === 2, notes.join("\n"));
  },
});
