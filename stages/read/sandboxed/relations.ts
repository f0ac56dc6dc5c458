/**
 * Parts of an Office document that another part names (ECMA-376, part 2).
 *
 * @module
 */
import { posix } from "node:path";
import type { Files } from "./unzip.ts";
import { walkXml } from "./xml.ts";

/** One relation: what it is called, what it is for, and the path of the part. */
interface Relation {
  readonly id: string;
  readonly type: string;
  readonly path: string;
}

/** Paths of the parts that the part at `path` names, by the ids that it uses for them. */
export function relationsOf(files: Files, path: string): ReadonlyMap<string, string> {
  return new Map(relations(files, path).map(({ id, path }) => [id, path]));
}

/** The parts that the one at `from` names as a `type`, such as `sharedStrings`. */
export function relationsTo(
  files: Files,
  { from, type }: { from: string; type: string },
): string[] {
  return relations(files, from).filter((relation) => relation.type === type).map(({ path }) =>
    path
  );
}

/** The first of them. */
export const relationTo = (...of: Parameters<typeof relationsTo>): string | undefined =>
  relationsTo(...of)[0];

/** The relations of a part; those of the whole document for the path "". */
function relations(files: Files, path: string): Relation[] {
  const found: Relation[] = [];
  const folder = posix.dirname(path);
  const list = files.get(posix.join(folder, "_rels", `${posix.basename(path)}.rels`));
  if (list === undefined) return found;
  walkXml(list, {
    open(name, { Id: id, Target: target, Type: type = "", TargetMode: mode }) {
      if (name !== "Relationship" || mode === "External") return;
      if (id === undefined || target === undefined) return;
      const path = partOf(target.replaceAll("\\", "/"), folder);
      found.push({ id, path, type: type.slice(type.lastIndexOf("/") + 1) });
    },
  });
  return found;
}

/** The path of a reference, which is a URL (ECMA-376, part 2, 6.2). */
function partOf(target: string, folder: string): string {
  const path = target.startsWith("/") ? target.slice(1) : posix.join(folder, target);
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
