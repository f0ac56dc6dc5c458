/**
 * The domains that a host is part of.
 *
 * @module
 */

/** A host and those above it: `a.b.test`, `b.test`, `test`. */
export function* domainsOf(hostname: string): Generator<string> {
  for (let rest = hostname;;) {
    yield rest;
    const dot = rest.indexOf(".");
    if (dot < 0) return;
    rest = rest.slice(dot + 1);
  }
}
