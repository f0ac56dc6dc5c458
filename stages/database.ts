/**
 * SQLite files of a run: opened the same way everywhere, with errors that name the file.
 *
 * @module
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** Files up to this size are fully checked when they are opened, in about a second. */
const CHECKED_BYTES = 256 * 2 ** 20;

/** Choices for {@linkcode openDatabase}. */
export interface OpenDatabaseOptions {
  /** Advice in the error message for a damaged file. */
  readonly remedy?: string;
}

/**
 * Opens or creates the database at `path` (`:memory:` for none). Checks an existing file: its pages,
 * and whether tables and indexes agree.
 *
 * @throws {Error} naming the file when it is damaged or not a database
 */
export function openDatabase(
  path: string,
  { remedy = "`deno task repair RUN` says what can be saved" }: OpenDatabaseOptions = {},
): DatabaseSync {
  const name = (cause: unknown): Error => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`Cannot use ${path}: ${reason}; ${remedy}`, { cause });
  };
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw isSqlite(error) ? name(error) : error;
    }
  };
  const database = guard(() => new NamedDatabase(path, { guard }));
  try {
    if (sizeOf(path) <= CHECKED_BYTES) {
      const found = database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check;
      if (found !== "ok") throw name(new Error(String(found).replaceAll("\n", " ")));
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

type Guard = <T>(work: () => T) => T;

/** A database whose errors, and those of its statements, pass through `guard`. */
class NamedDatabase extends DatabaseSync {
  readonly #guard: Guard;

  constructor(path: string, { guard }: { guard: Guard }) {
    super(path);
    this.#guard = guard;
  }

  override exec(sql: string): void {
    this.#guard(() => super.exec(sql));
  }

  override prepare(sql: string): StatementSync {
    const guard = this.#guard;
    const statement = guard(() => super.prepare(sql));
    const own: Pick<StatementSync, "run" | "get" | "all"> = {
      run: statement.run.bind(statement),
      get: statement.get.bind(statement),
      all: statement.all.bind(statement),
    };
    return Object.assign(statement, {
      run: (...values: SQLInputValue[]) => guard(() => own.run(...values)),
      get: (...values: SQLInputValue[]) => guard(() => own.get(...values)),
      all: (...values: SQLInputValue[]) => guard(() => own.all(...values)),
    });
  }
}

function isSqlite(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

function sizeOf(path: string): number {
  return path === ":memory:" ? 0 : Deno.statSync(path).size;
}
