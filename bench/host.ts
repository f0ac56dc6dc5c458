/** Where a process of a test runs: this machine, or a network namespace of it. */
export interface Host {
  /** The address at which its servers listen. */
  readonly address: string;
  /** Turns a command into one that runs there. */
  command(command: readonly [string, ...string[]]): readonly [string, ...string[]];
}

/** This machine, on loopback. */
export const LOOPBACK: Host = { address: "127.0.0.1", command: (command) => command };
