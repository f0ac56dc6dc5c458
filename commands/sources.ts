/**
 * What the user named, told apart: addresses to crawl and paths to read.
 *
 * @module
 */
import { resolve } from "node:path";
import { canonicalSeed } from "../stages/crawl/mod.ts";
import { findSource, STDIN } from "../stages/read/mod.ts";
import { UsageError } from "./flags.ts";

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

/** Makes paths absolute, so that a run can go on from another folder. */
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
 * Looks at each operand before anything is made.
 *
 * @throws {UsageError} for an address that cannot be crawled or a path that cannot be read
 */
export function checkSources(operands: readonly string[]): void {
  if (operands.filter((operand) => operand === STDIN).length > 1) {
    throw new UsageError("Cannot read - twice: standard input comes once");
  }
  for (const operand of operands) {
    try {
      if (isAddress(operand)) canonicalSeed(operand);
      else findSource(operand);
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      const reason = cause.message.startsWith("Cannot")
        ? cause.message
        : `Cannot read ${operand}: ${cause.message}`;
      throw new UsageError(reason, { cause });
    }
  }
}
