/**
 * Parts of an Office document that another part names (ECMA-376, part 2).
 *
 * @module
 */
import { posix } from "node:path";
import type { Files } from "./unzip.ts";
import { walkXml } from "./xml.ts";

/** Paths of the parts that the part at `path` names, by the ids that it uses for them. */
export function relationsOf(files: Files, path: string): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  const folder = posix.dirname(path);
  const list = files.get(`${folder}/_rels/${posix.basename(path)}.rels`);
  if (list === undefined) return targets;
  walkXml(list, {
    open(name, { Id: id, Target: target }) {
      if (name !== "Relationship" || id === undefined || target === undefined) return;
      targets.set(id, target.startsWith("/") ? target.slice(1) : posix.join(folder, target));
    },
  });
  return targets;
}
