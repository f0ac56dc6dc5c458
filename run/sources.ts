/**
 * Sorts the user's operands into addresses to crawl and paths to read.
 *
 * @module
 */
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { parse } from "tldts";
import { exists } from "../model/durable.ts";
import { canonicalSeed } from "../stages/crawl/mod.ts";
import { findSource, holdsReadable, isReadByName, READ_KINDS, STDIN } from "../stages/read/mod.ts";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";
import { countPassedOver } from "./passed_over.ts";

/** Most files of a folder to check before a run begins; the run itself reports the rest. */
const MAX_SURVEYED = 2000;

/** Operands by kind. */
export interface Sources {
  readonly urls: readonly string[];
  readonly paths: readonly string[];
}

/** A scheme of at least two letters, so that a drive letter stays a path. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** Whether an operand is an address: anything that begins with a scheme. */
export function isAddress(operand: string): boolean {
  return SCHEME.test(operand);
}

/** Makes paths absolute, so that a run can be resumed from another folder. */
export function absolute(operands: readonly string[]): string[] {
  return operands.map((operand) =>
    isAddress(operand) || operand === STDIN ? operand : resolve(operand)
  );
}

/** Splits operands into addresses and paths, each in the order given. */
export function splitSources(operands: readonly string[]): Sources {
  return {
    urls: operands.filter(isAddress),
    paths: operands.filter((operand) => !isAddress(operand)),
  };
}

/**
 * Checks each operand before anything is created.
 *
 * @throws {UsageError} for an address that cannot be crawled, a path that cannot be read, and a folder
 * without readable files
 */
export async function checkSources(
  operands: readonly string[],
  { allFiles }: { allFiles: boolean },
): Promise<void> {
  if (operands.filter((operand) => operand === STDIN).length > 1) {
    throw new UsageError("Cannot read - twice: standard input comes once");
  }
  for (const operand of operands) {
    try {
      if (isAddress(operand)) canonicalSeed(operand);
      else await checkPath(operand, { allFiles });
    } catch (cause) {
      if (!(cause instanceof Error) || cause instanceof UsageError) throw cause;
      throw refusalOf(operand, cause);
    }
  }
}

/** Error of a source, with the address that was probably meant. */
function refusalOf(operand: string, cause: Error): UsageError {
  const address = addressOf(operand);
  if (address !== undefined && (isAddress(operand) || cause instanceof Deno.errors.NotFound)) {
    return new UsageError(
      `Cannot read ${operand}: no such file or folder; an address is written ${address}`,
      { cause },
    );
  }
  const reason = cause.message.startsWith("Cannot")
    ? cause.message
    : `Cannot read ${operand}: ${reasonOf(cause)}`;
  return new UsageError(reason, { cause });
}

/** `https://example.org/` for `example.org`; undefined for a text that does not begin with a host. */
export function addressOf(operand: string): string | undefined {
  const [, host = "", port = ""] = /^((?:[\w-]+\.)*[\w-]+)(:\d+)?(?:[/?#].*)?$/.exec(operand) ?? [];
  const isLocal = host === "localhost" || isIP(host) === 4;
  if (!isLocal && (!host.includes(".") || parse(host).isIcann !== true)) return undefined;
  // `book.md` is more likely a file than a host in Moldova.
  if (!isLocal && port === "" && operand === host && isReadByName(host)) return undefined;
  return URL.parse(`${isLocal ? "http" : "https"}://${operand}`)?.href;
}

async function checkPath(path: string, { allFiles }: { allFiles: boolean }): Promise<void> {
  const source = findSource(path);
  if (!("folder" in source)) return;
  if (await exists(join(path, "run.json"))) {
    throw new UsageError(
      `Cannot read ${path}: it is a run; go on with it by --run ${path}, ` +
        `or read its documents in ${join(path, "corpus")}`,
    );
  }
  const found = countPassedOver();
  const survey = { allFiles, drop: found.drop, skip: found.skip, most: MAX_SURVEYED };
  if (await holdsReadable(source, survey)) return;
  const lines = found.lines().map((line) => line[0]?.toLowerCase() + line.slice(1));
  throw new UsageError(
    `Cannot read ${path}: no file in it is read (${READ_KINDS} are); ` +
      (lines.length === 0 ? "it is empty" : `found ${lines.join("; ")}`),
  );
}
