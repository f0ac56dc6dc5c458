/**
 * `dashboard`: a page that shows runs as they train, one beside another.
 *
 * @module
 */
import { listenDashboard } from "../dashboard/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import { hostNamesOf, LISTEN_FLAGS, portFlag, readApiKeys } from "../serve/listen_keys.ts";
import { requireSettings, RUN_FLAG, runOperand } from "../run/open.ts";
import { say } from "../cli/print.ts";

/** Where the dashboard is unless told otherwise. */
const DASHBOARD_PORT = 8010;

const FLAGS = {
  ...RUN_FLAG,
  ...LISTEN_FLAGS,
  ...portFlag(DASHBOARD_PORT),
};

/** The `dashboard` command. */
export const dashboard: Command = command({
  name: "dashboard",
  summary: "Shows runs as they train, on a page. Reads run folders, changes nothing.",
  operands: "[RUN]...",
  flags: FLAGS,
  examples: [
    "deno task dashboard",
    "deno task dashboard runs/first runs/mine",
  ],
  async run({ values, operands }) {
    const apiKeys = await readApiKeys(values);
    const { run } = values;
    const folders = operands.length > 1 && run === undefined
      ? operands
      : [runOperand(operands, { command: "show", run })];
    for (const folder of folders) await requireSettings(folder);
    using interrupt = stopOnInterrupt();
    const { hostname, port, finished } = await listenDashboard(folders, {
      hostname: values.hostname,
      port: values.port,
      signal: interrupt.signal,
      hostNames: hostNamesOf(values),
      ...(apiKeys && { apiKeys }),
    });
    say(
      `Dashboard on http://${hostname}:${port}/` +
        (apiKeys ? " (any name; the password is an API key)" : ""),
    );
    await finished;
    return 0;
  },
});
