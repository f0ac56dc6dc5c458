/**
 * The nodes of a run on several machines, as the status shows them.
 *
 * @module
 */
import { formatCount, formatDuration } from "./units.ts";

/** What one role of a node does now. */
export interface RoleState {
  /** Such as `crawl`. */
  readonly role: string;
  /** False for one that stands by. */
  readonly active: boolean;
  /** What it waits for, in words that can follow "waits for"; absent while it works. */
  readonly waitsFor?: string | undefined;
  /** What it has done since it joined, by name: pages, documents, rounds. */
  readonly counts: Readonly<Record<string, number>>;
  /** Host shards, parts or replicas that are its own now. */
  readonly owns: readonly number[];
  /** Items that wait to be taken, where it knows. */
  readonly lag?: number | undefined;
}

/** One node of a run as another sees it. */
export interface NodeState {
  /** Its name. */
  readonly node: string;
  /** What each of its roles does. */
  readonly roles: readonly RoleState[];
  /** Resident memory of its process. */
  readonly memoryBytes: number;
  /** Milliseconds since it last told anything. */
  readonly silentMs: number;
  /** Whether it is silent for so long that it counts as gone. */
  readonly vanished: boolean;
}

/** What the numbers in {@linkcode RoleState.owns} are. */
const OWNED: Readonly<Record<string, string>> = { crawl: "shard", text: "part", train: "replica" };

/** One line for each role of each node, in parts of which the first are the most informative. */
export function nodeParts(nodes: readonly NodeState[]): string[][] {
  const nameWidth = Math.max(0, ...nodes.map(({ node }) => node.length));
  return nodes.flatMap((state) => {
    const name = state.node.padEnd(nameWidth);
    if (!state.vanished) return state.roles.map((role) => [name, ...roleParts(role)]);
    const roles = state.roles.map(({ role }) => role).join(", ");
    return [[name, `vanished ${formatDuration(state.silentMs)} ago`, `it was ${roles}`]];
  });
}

function roleParts({ role, active, counts, owns, lag, waitsFor }: RoleState): string[] {
  const done = Object.entries(counts).map(([name, count]) => `${formatCount(count)} ${name}`);
  const owned = OWNED[role] ?? "item";
  return [
    role,
    ...active ? [] : ["stands by"],
    ...waitsFor === undefined ? [] : [`waits for ${waitsFor}`],
    ...done.length === 0 ? [] : [done.join(", ")],
    ...owns.length === 0 ? [] : [`${owned}${owns.length === 1 ? "" : "s"} ${ranges(owns)}`],
    ...lag === undefined ? [] : [`${formatCount(lag)} to take`],
  ];
}

/** `0-3, 7` for 0, 1, 2, 3 and 7. */
export function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && number <= run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(", ");
}

/** Tells who joined, left, vanished and came back since it was called last. */
export function nodeNews(): (nodes: readonly NodeState[]) => string[] {
  let before: ReadonlyMap<string, NodeState> | undefined;
  return (nodes) => {
    const now = new Map(nodes.map((node) => [node.node, node]));
    const lines: string[] = [];
    const tell = ({ node, roles }: NodeState, what: string) =>
      lines.push(`Node ${node} (${roles.map(({ role }) => role).join(", ")}) ${what}`);
    for (const state of nodes) {
      const was = before?.get(state.node);
      const silent = `has vanished: nothing from it for ${formatDuration(state.silentMs)}`;
      if (state.vanished) was?.vanished || tell(state, silent);
      else if (was === undefined) tell(state, "is there");
      else if (was.vanished) tell(state, "is back");
    }
    for (const was of before?.values() ?? []) if (!now.has(was.node)) tell(was, "has left");
    before = now;
    return lines;
  };
}
