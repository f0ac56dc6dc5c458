/**
 * `node`: one machine of a run on several.
 *
 * @module
 */
import { type Command, command } from "../cli/command.ts";
import { group, text, UsageError } from "../cli/flags.ts";
import { stopOnInterrupt, tellStop } from "../cli/interrupt.ts";
import { say, tell } from "../cli/print.ts";
import { CLUSTER } from "../run/settings/cluster.ts";
import { SPHERES, spheresOf } from "../run/settings/training.ts";

/** How the keeper uses its machine; the rest of its settings are those of the run. */
const { "strict-simd": _, ...MACHINE } = SPHERES;

const FLAGS = {
  ...group("The run", {
    cluster: { ...CLUSTER.cluster },
    "cluster-credentials": CLUSTER["cluster-credentials"],
    "new-key": text({
      help: "make the credentials of a node, print its public key, and end",
      value: "FILE",
    }),
    run: text({ help: "name of the run", value: "NAME", defaultValue: "default" }),
    roles: text({
      help: "what this node does: crawl, text, keeper, train, with commas between them",
      value: "ROLES",
      defaultValue: "crawl,text,keeper",
    }),
    folder: text({ help: "run folder of the keeper (default: runs/NAME)", value: "DIR" }),
  }),
  ...MACHINE,
};

/** The `node` command. */
export const node: Command = command({
  name: "node",
  summary: "Works in a run on several machines, which `deno task pipeline --cluster` creates.",
  operands: "",
  flags: FLAGS,
  examples: [
    "deno task node --cluster nats://10.0.0.1:4222 --run docs --roles text",
    "deno task node --cluster nats://10.0.0.1:4222 --run docs --roles crawl,text,keeper",
  ],
  async run({ values, operands, given }) {
    if (operands.length > 0) {
      throw new UsageError(`Cannot use ${operands[0]}: the sources of a run are named to pipeline`);
    }
    const { cluster, run } = values;
    const file = values["new-key"];
    if (file !== undefined) {
      const { createNodeKey } = await import("../cluster/credentials.ts");
      say(await createNodeKey(file));
      return 0;
    }
    if (cluster === undefined) {
      throw new UsageError("Cannot join a run: name the broker, --cluster nats://HOST:4222");
    }
    const { joinCluster } = await import("../pipeline/nodes/join.ts");
    const { parseRoles } = await import("../pipeline/nodes/roles.ts");
    const roles = parseRoles(values.roles);
    const unused = ["folder", ...Object.keys(MACHINE)].find((flag) => given.has(flag));
    if (unused !== undefined && roles.every((role) => role === "crawl" || role === "text")) {
      throw new UsageError(`Cannot use --${unused}: it is about training, and no role here trains`);
    }
    using interrupt = stopOnInterrupt(tellStop);
    const spheres = spheresOf({ ...values, "strict-simd": false });
    await joinCluster({
      servers: cluster,
      run,
      roles,
      credentials: values["cluster-credentials"],
      machine: { folder: values.folder ?? `runs/${run}`, spheres },
      stop: interrupt.signal,
      note: tell,
    });
    return interrupt.exitCode;
  },
});
