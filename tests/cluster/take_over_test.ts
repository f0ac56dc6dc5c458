import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { connectCluster } from "../../cluster/connect.ts";
import { takeLease } from "../../cluster/lease.ts";
import { createRun, sealRecord } from "../../cluster/run.ts";
import { openFence, StaleKeeper } from "../../pipeline/nodes/fence.ts";
import {
  Mirror,
  openObjects,
  readFolderRecord,
  restoreFolder,
} from "../../pipeline/nodes/mirror.ts";
import { takeOver } from "../../pipeline/nodes/take_over.ts";
import { runPaths } from "../../run/folder.ts";
import { openJournal, readJournal, readMark, writeMark } from "../../stages/journal/mod.ts";
import { openSeenTexts } from "../../stages/refine/mod.ts";
import type { Document } from "../../stages/types.ts";
import { openFolder } from "../commands/program.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

const documentAt = (i: number): Document => ({
  id: String(i).padStart(16, "0"),
  url: `http://a.test/${i}`,
  title: "",
  text: `Text ${i}. ${"word ".repeat(i % 40)}`,
  lang: "en",
  fetchedAt: "",
});

Deno.test({
  name: "a keeper on another machine goes on from the folder of the last, which can mark no more",
  ignore: await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const run = await createRun(
      cluster,
      "books",
      sealRecord({ settings: {}, options: {}, program: "", leaseMs: 60_000, docBytes: 2 ** 20 }),
    );
    const objects = await openObjects(run);
    const take = async (holder: string, graceMs = 0) => {
      const lease = await takeLease({ bucket: run.leases, key: "keeper", holder, ttlMs: 60_000 });
      assert(lease);
      const fence = await openFence(run.bucket, lease);
      const paths = runPaths(join(folder.path, holder));
      await Deno.mkdir(paths.root, { recursive: true });
      const before = await takeOver({
        ...{ paths, run: run.record.sha256, lease: lease.revision, before: fence.before, objects },
        signal: lease.signal,
        note() {},
      });
      return {
        lease,
        fence,
        paths,
        mirror: new Mirror({ objects, paths, fence, lease, before, graceMs }),
      };
    };
    const first = await take("first");
    {
      await using journal = await openJournal({ dir: first.paths.corpus, segmentBytes: 2_000 });
      for (let i = 0; i < 300; i++) {
        await journal.append(documentAt(i));
        if (i % 50 !== 49) continue;
        await journal.flush();
        await writeMark(journal.dir, { documents: i + 1, cursors: { parts: { part: i } } });
        await first.mirror.sync();
        await first.fence.mark({ documents: i + 1 });
      }
    }
    await Deno.mkdir(join(first.paths.checkpoints, "step-000002"), { recursive: true });
    await Deno.writeTextFile(join(first.paths.checkpoints, "latest"), "step-000002\n");
    await Deno.writeTextFile(join(first.paths.checkpoints, "step-000002", "state.json"), "{}");
    const weights = join("checkpoints", "step-000002", "model.safetensors");
    await Deno.writeFile(join(first.paths.root, weights), new Uint8Array(1_000_000).fill(7));
    // What was removed from the broker is needed again.
    for (const text of ["a", "b", "a"]) {
      await Deno.writeTextFile(join(first.paths.root, "prompts.json"), text);
      await first.mirror.sync();
    }

    // Of late, nothing was: the broker may have forgotten the last mark.
    const earlier = (await run.bucket.get("mark"))?.json<{ folder: string }>().folder ?? "";
    const lasting = new Mirror({ ...first, objects, before: [] });
    await lasting.sync();
    await Deno.writeTextFile(join(first.paths.root, "prompts.json"), "c");
    await lasting.sync();
    const files = await readFolderRecord(objects, { sha256: earlier, signal: first.lease.signal });
    const again = join(folder.path, "again");
    await Deno.mkdir(again);
    await restoreFolder(again, { objects, files, signal: first.lease.signal });
    assertEquals(await Deno.readTextFile(join(again, "prompts.json")), "a");

    // It comes back when another has the lease, and does not know.
    await run.leases.delete("keeper");
    const second = await take("second");
    const journal = await readJournal(second.paths.corpus);
    const texts = await Array.fromAsync(journal.documents());
    assertEquals(texts, Array.from({ length: 300 }, (_, i) => documentAt(i)));
    assertEquals((await readMark(second.paths.corpus))?.cursors.parts, { part: 299 });
    assertEquals((await Deno.stat(join(second.paths.root, weights))).size, 1_000_000);
    assertEquals(await Deno.readTextFile(join(second.paths.root, "prompts.json")), "c");
    {
      using seen = openSeenTexts(second.paths.seenTexts);
      assertEquals(seen.firstId(documentAt(7).text, "another"), documentAt(7).id);
    }
    await assertRejects(() => first.fence.mark({ documents: 400 }), StaleKeeper);
    assertEquals((await run.bucket.get("mark"))?.json<{ documents: number }>().documents, 300);
    await first.lease[Symbol.asyncDispose]();

    // Its machine loses power: what was copied before it was synced is not on its disk any more.
    const write = async ({ paths, mirror }: typeof second, documents: readonly Document[]) => {
      await using journal = await openJournal({ dir: paths.corpus });
      for (const document of documents) await journal.append(document);
      await journal.flush();
      await mirror.sync();
    };
    const range = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => documentAt(from + i));
    const names = await Array.fromAsync(Deno.readDir(second.paths.corpus), ({ name }) => name);
    const last = join(
      second.paths.corpus,
      names.filter((name) => name.endsWith(".gz")).toSorted().at(-1) ?? "",
    );
    const { size } = await Deno.stat(last);
    await write(second, range(300, 310));
    await Deno.truncate(last, size);
    await second.lease[Symbol.asyncDispose]();
    const restarted = await take("second");
    await write(restarted, range(400, 440));
    await restarted.lease[Symbol.asyncDispose]();
    const third = await take("third");
    const found = await readJournal(third.paths.corpus);
    const all = await Array.fromAsync(found.documents());
    assertEquals(all, [...range(0, 300), ...range(400, 440)]);
    await third.lease[Symbol.asyncDispose]();
  },
});
