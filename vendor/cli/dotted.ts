/** What flags become; a dotted name is a member of a member. */
type Members = Record<string, unknown>;

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value of the flag `name`; `undefined` where it has none. */
export function flagAt(flags: Members, name: string): unknown {
  return name.split(".").reduce<unknown>(
    (at, part) => isMembers(at) && Object.hasOwn(at, part) ? at[part] : undefined,
    flags,
  );
}

/** Whether the flag `name` has a value, be it `undefined`. */
export function hasFlag(flags: Members, name: string): boolean {
  const dot = name.lastIndexOf(".");
  const holder = dot === -1 ? flags : flagAt(flags, name.slice(0, dot));
  return isMembers(holder) && Object.hasOwn(holder, name.slice(dot + 1));
}

/** Gives the flag `name` a value, in place of one that is no object where a part of the name needs one. */
export function setFlag(flags: Members, name: string, value: unknown): void {
  const parts = name.split(".");
  const last = parts.pop() ?? name;
  let holder = flags;
  for (const part of parts) {
    const known = Object.hasOwn(holder, part) ? holder[part] : undefined;
    const inner = isMembers(known) ? known : {};
    if (inner !== known) define(holder, part, inner);
    holder = inner;
  }
  define(holder, last, value);
}

/** Sets an own member, also one that is named as an inherited one. */
function define(holder: Members, name: string, value: unknown): void {
  Object.defineProperty(holder, name, {
    ...{ value, enumerable: true, writable: true, configurable: true },
  });
}
