/**
 * Flags about the broker of a run on several machines; none is a setting of the run.
 *
 * @module
 */
import { group, number, text, toggle } from "../../cli/flags.ts";

/** How a run is spread over machines. */
export const CLUSTER = group("The run", {
  cluster: text({
    help: "spread the run over nodes (deno task node) by this NATS server; --run names it",
    value: "URL",
  }),
  "cluster-credentials": text({
    help: "file of this machine's nkey and certificate (default: the environment)",
    value: "FILE",
    needs: "cluster",
  }),
  "shared-folder": toggle({
    help: "keepers share the run folder, by a network disk: leave no copy of it on the broker",
    needs: "cluster",
  }),
  lease: number({
    help: "seconds after which the work of a node that is gone goes to another",
    defaultValue: 30,
    min: 2,
    max: 3600,
    needs: "cluster",
  }),
  end: toggle({
    help: "stop the run on all nodes; one that is done is removed from the server",
    needs: "cluster",
  }),
});
