import { assertEquals, assertMatch } from "@std/assert";
import parsePrometheus from "parse-prometheus-text-format";
import { renderBlock } from "../../../stages/report/block.ts";
import { nodeNews, type NodeState, prometheusText } from "../../../stages/report/mod.ts";
import { ranges } from "../../../stages/report/nodes.ts";
import { startStatus } from "../../../stages/report/status.ts";

const CRAWLER: NodeState = {
  node: "alpha",
  roles: [{
    role: "crawl",
    active: true,
    waitsFor: "room for documents",
    counts: { pages: 1234, twice: 2 },
    owns: [0, 1, 2, 7],
  }],
  memoryBytes: 3e8,
  silentMs: 200,
  vanished: false,
};
const KEEPER: NodeState = {
  ...CRAWLER,
  node: "b",
  roles: [{ role: "keeper", active: false, counts: {}, owns: [], lag: 17 }],
};
const GONE: NodeState = { ...KEEPER, silentMs: 65_000, vanished: true };

Deno.test("the status block has a line for each role of a node, and names one that vanished", () => {
  const progress = { phase: "collecting", elapsedMs: 0, stages: [], losses: [] };
  assertEquals(renderBlock({ ...progress, nodes: [CRAWLER, KEEPER] }, 120).slice(1), [
    "alpha  crawl  waits for room for documents  1234 pages, 2 twice  shards 0-2, 7",
    "b      keeper  stands by  17 to take",
  ]);
  const gone = "b  vanished 1:05 ago  it was keeper";
  assertEquals(renderBlock({ ...progress, nodes: [GONE] }, 120)[1], gone);
  assertEquals(renderBlock({ ...progress, nodes: [CRAWLER] }, 20)[1], "alpha  crawl");
});

Deno.test("ranges of numbers, in any order", () => {
  assertEquals(ranges([5, 3, 4, 9, 0, 0]), "0, 3-5, 9");
});

Deno.test("who comes, leaves, vanishes and returns is told once", () => {
  const news = nodeNews();
  assertEquals(news([CRAWLER, KEEPER]), [
    "Node alpha (crawl) is there",
    "Node b (keeper) is there",
  ]);
  assertEquals(news([CRAWLER, KEEPER]), []);
  assertEquals(news([GONE]), [
    "Node b (keeper) has vanished: nothing from it for 1:05",
    "Node alpha (crawl) has left",
  ]);
  assertEquals(news([GONE]), []);
  assertEquals(news([KEEPER]), ["Node b (keeper) is back"]);
  assertEquals(nodeNews()([GONE]).length, 1, "a newcomer hears who is gone");
});

Deno.test("the status of a run tells its nodes in the log and in status.json", async () => {
  const runDir = await Deno.makeTempDir();
  let shown = "";
  let look = () => {};
  {
    using _ = startStatus({
      terminal: {
        isTerminal: false,
        size: () => ({ columns: 80, rows: 24 }),
        write: (text) => void (shown += text),
      },
      nodes: () => [GONE],
      runDir,
      every: (_, tick) => {
        const before = look;
        look = () => (before(), tick());
        return () => {};
      },
    });
    look();
  }
  assertMatch(shown, /Node b \(keeper\) has vanished/);
  const status = JSON.parse(await Deno.readTextFile(`${runDir}/status.json`));
  assertEquals(status.nodes, [GONE]);
  await Deno.remove(runDir, { recursive: true });
});

Deno.test("Prometheus: nodes and roles, read by an independent parser", async () => {
  const families: {
    name: string;
    type: string;
    metrics: { value: string; labels: Record<string, string> }[];
  }[] = parsePrometheus(await prometheusText({ stages: [], nodes: [CRAWLER, GONE] }));
  const values = families.map(({ name, type, metrics }) => [
    name,
    type,
    ...metrics.map(({ value, labels }) => `${Object.values(labels).join(" ")} ${value}`),
  ]);
  assertEquals(values, [
    ["cllm_node_memory_bytes", "GAUGE", "alpha 300000000", "b 300000000"],
    ["cllm_node_silent_seconds", "GAUGE", "alpha 0.2", "b 65"],
    ["cllm_node_vanished", "GAUGE", "alpha 0", "b 1"],
    ["cllm_role_active", "GAUGE", "alpha crawl 1", "b keeper 0"],
    ["cllm_role_waits", "GAUGE", "alpha crawl 1", "b keeper 0"],
    ["cllm_role_owned", "GAUGE", "alpha crawl 4", "b keeper 0"],
    ["cllm_role_lag", "GAUGE", "b keeper 17"],
    ["cllm_role_done_total", "COUNTER", "alpha crawl pages 1234", "alpha crawl twice 2"],
  ]);
});
