/**
 * The hosts that a run's settings keep its crawl from.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";
import { type BlockList, canonicalSeed, parseBlockList } from "../stages/crawl/mod.ts";
import { checkFile, type FileSetting } from "./file_setting.ts";
import { isAddress } from "./sources.ts";

/**
 * Reads the lists; undefined where there are none.
 *
 * @throws {UsageError} for a file that has changed since the run began, or is no such list
 */
export function readBlockList(
  files: readonly FileSetting[] | undefined,
): BlockList | undefined {
  if (files === undefined) return undefined;
  for (const file of files) checkFile(file, `--block-list ${file.path}`);
  try {
    return parseBlockList(
      files.map(({ path }) => ({
        text: readFileSync(path, "utf8"),
        source: `--block-list ${path}`,
      })),
    );
  } catch (cause) {
    throw new UsageError(reasonOf(cause), { cause });
  }
}

/**
 * Refuses sources on hosts that are blocked, before anything is made.
 *
 * @throws {UsageError} naming the first
 */
export function checkBlocked(
  sources: readonly string[],
  { blockList: files }: { readonly blockList?: readonly FileSetting[] },
): void {
  const blocks = readBlockList(files);
  const blocked = sources.filter(isAddress)
    .find((source) => blocks?.(new URL(canonicalSeed(source)).hostname));
  if (blocked === undefined) return;
  throw new UsageError(`Cannot crawl ${blocked}: its host is on a list that --block-list names`);
}
