/** Turns `A & B & C` into one plain record, for readable tooltips. */
type Flatten<T> = { [Key in keyof T]: T[Key] };

/** Names of other flags, by flag. */
export type Aliases = Readonly<Record<string, string | readonly string[]>>;

type StringValue<Key, Negatable> = Key extends Negatable ? string | false
  : string;

/** What the flags are before defaults: a boolean or collected flag is always there. */
type Declared<
  Booleans extends string,
  Strings extends string,
  Collected,
  Negatable,
> =
  & { [Key in Exclude<Strings, Collected | "_">]?: StringValue<Key, Negatable> }
  & { [Key in Strings & Collected]: StringValue<Key, Negatable>[] }
  & { [Key in Exclude<Booleans, Collected>]: boolean }
  & { [Key in Booleans & Collected]: boolean[] }
  & { [Key in Exclude<Collected & string, Strings | Booleans>]: unknown[] };

/** Without the dotted names, which become members of other objects. */
type Dotless<Flags> = {
  [Key in keyof Flags as Key extends `${string}.${string}` ? never : Key]: Flags[Key];
};

/** A flag with a default is always there, as its own type or the default's. */
type Defaulted<Flags, Defaults> =
  & Omit<Flags, keyof Defaults>
  & {
    -readonly [Key in keyof Defaults]: Key extends keyof Flags
      ? NonNullable<Flags[Key]> | Defaults[Key]
      : unknown;
  };

type NamesOf<Key, Alias> = Key extends keyof Alias
  ? Key | (Alias[Key] extends readonly (infer Name)[] ? Name : Alias[Key])
  : Key;

/** Every flag once more under each of its aliases. */
type Aliased<Flags, Alias> = {
  [Key in keyof Flags as NamesOf<Key, Alias> & PropertyKey]: Flags[Key];
};

/** The value of `parseArgs`: the flags, and in `_` everything that is not one. */
export type Args<
  Flags = Record<string, unknown>,
  DoubleDash extends boolean = false,
> =
  & Flatten<Flags>
  & Record<string, unknown>
  & { _: (string | number)[] }
  & (DoubleDash extends true ? { "--": string[] } : unknown);

/** The flags' types, from the options of `parseArgs`. */
export type Flags<
  Booleans extends string | boolean,
  Strings extends string,
  Collected extends string,
  Negatable extends string,
  Defaults,
  Alias,
> = Dotless<
  Aliased<
    Defaulted<
      Declared<Extract<Booleans, string>, Strings, Collected, Negatable>,
      Defaults
    >,
    Alias
  >
>;

/** The options of `parseArgs`. */
export interface ParseOptions<
  Booleans extends string | boolean = string | boolean,
  Strings extends string = string,
  Collected extends string = string,
  Negatable extends string = string,
  Defaults = Record<string, unknown>,
  Alias = Aliases,
  DoubleDash extends boolean = boolean,
> {
  /** Puts what follows `--` into `"--"` instead of `_`. */
  "--"?: DoubleDash;
  /** Other names of flags. */
  alias?: Alias;
  /** Flags that take no value; false where absent. With `true`, each `--name` that has no `=`. */
  boolean?: Booleans | readonly Extract<Booleans, string>[];
  /** Values of absent flags. */
  default?: Defaults;
  /** Whether everything after the first plain argument is plain. */
  stopEarly?: boolean;
  /** Flags that always take a value and keep it as text; `""` where it is missing. */
  string?: Strings | readonly Strings[];
  /** Flags that may be repeated; `[]` where absent. Of any other flag the last value counts. */
  collect?: Collected | readonly Collected[];
  /** Flags that `--no-NAME` sets to false. */
  negatable?: Negatable | readonly Negatable[];
  /** Called for each undeclared flag and each plain argument; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
