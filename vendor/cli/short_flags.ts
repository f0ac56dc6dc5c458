/** One letter of a group of short flags. */
export interface ShortFlag {
  readonly name: string;
  /** What is glued to it, as in `-n5`, `-n=5` and `-f-`. */
  readonly value?: string;
  /** Whether it may take the next argument. */
  readonly isLast: boolean;
}

/** The flags of `-abc`; a letter that a value is glued to ends them. */
export function shortFlags(arg: string): ShortFlag[] {
  const flags: ShortFlag[] = [];
  for (let at = 1; at < arg.length; at++) {
    const name = arg.charAt(at);
    const value = gluedValue(name, arg.slice(at + 1));
    flags.push({
      name,
      isLast: at === arg.length - 1,
      ...(value === undefined ? {} : { value }),
    });
    if (value !== undefined) break;
  }
  return flags;
}

function gluedValue(name: string, rest: string): string | undefined {
  if (/[a-z]/i.test(name)) {
    const equals = rest.indexOf("=");
    if (equals !== -1 && equals < rest.length - 1) {
      return rest.slice(equals + 1);
    }
    if (/\d(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  }
  return /^\W/.test(rest) ? rest : undefined;
}
