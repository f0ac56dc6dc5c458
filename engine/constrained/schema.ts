/**
 * JSON schema → the language of texts that it holds valid, or of some of them: members come in the
 * order of `properties`, and no others where additional ones are not spoken of. Everything else that
 * is valid but left out has another spelling that is there.
 *
 * @module
 */
import { joinSchemas, refuseOverlap } from "./combine.ts";
import { FORMATS } from "./formats.ts";
import { jsonLanguages, type Member } from "./json.ts";
import {
  isLimited,
  isOfType,
  type JsonType,
  type Keywords,
  readKeywords,
  refuseRespelled,
  standsAlone,
  typesOf,
} from "./keywords.ts";
import { type Language, Languages } from "./language.ts";
import { patternLanguage } from "./pattern.ts";
import { resolve } from "./pointer.ts";
import { SchemaError } from "./schema_error.ts";
import { atOnce, type Steps } from "../turns.ts";

/** A schema's language and what it is made with. */
export interface CompiledSchema {
  readonly languages: Languages;
  readonly start: Language;
}

const MAX_SCHEMA_CHARS = 32 << 10;
/** Schemas within one another or side by side, and values of `enum`. */
const MAX_PARTS = 2000;

/** Schemas looked at to join them or tell them apart. */
const MAX_COMBINED = 20_000;

/** Stands for any JSON value, which no pointer is. */
const ANY = "any value";

/**
 * Compiles a schema.
 *
 * @throws {SchemaError} naming the keyword that is not supported, and when no finite text is valid
 * @example
 * ```ts
 * import { assertStrictEquals } from "@std/assert";
 * import { compileSchema } from "./schema.ts";
 * const { languages, start } = compileSchema({ const: 7 });
 * languages.allowWork(1);
 * assertStrictEquals(languages.after(start, 0x37), languages.empty);
 * ```
 */
export function compileSchema(schema: unknown): CompiledSchema {
  return atOnce(compileSteps(schema));
}

/** Compiles a schema in steps, as {@linkcode compileSchema} does. */
export function* compileSteps(schema: unknown): Steps<CompiledSchema> {
  const languages = new Languages();
  return { languages, start: yield* schemaLanguage(schema, { languages, name: "" }) };
}

/**
 * The language of a schema beside others of the same maker; `name` tells its definitions from theirs.
 *
 * @throws {SchemaError} as {@linkcode compileSchema} does
 */
export function* schemaLanguage(
  schema: unknown,
  { languages, name }: { languages: Languages; name: string },
): Steps<Language> {
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARS) {
    throw new SchemaError(`the schema has more than ${MAX_SCHEMA_CHARS} characters`);
  }
  const compiler = new Compiler(schema, { languages, name, endless: new Set() });
  let start = yield* compiler.compile();
  const finite = languages.finiteNames();
  const endless = compiler.pointers.filter((pointer) => !finite.has(name + pointer));
  if (endless.length > 0) {
    // What never ends must not be begun: the same again, without it.
    const others = { languages, name: `${name}again `, endless: new Set(endless) };
    start = yield* new Compiler(schema, others).compile();
  }
  if (start === languages.nothing) throw new SchemaError("no finite text can satisfy it");
  return start;
}

class Compiler {
  readonly languages: Languages;
  readonly #json: ReturnType<typeof jsonLanguages>;
  readonly #root: unknown;
  readonly #name: string;
  readonly #endless: ReadonlySet<string>;
  /** Languages of pointers; undefined while they are being made. */
  readonly #made = new Map<string, Language | undefined>();
  /** Which pointers' values begin as those of another do. */
  readonly #leads = new Map<string, Set<string>>();
  #parts = 0;
  /** Joined schemas around the one at hand. */
  #joined = 0;
  readonly #budget = { left: MAX_COMBINED };

  constructor(
    root: unknown,
    { languages, name, endless }: {
      languages: Languages;
      name: string;
      endless: ReadonlySet<string>;
    },
  ) {
    this.languages = languages;
    this.#json = jsonLanguages(languages);
    this.#root = root;
    this.#name = name;
    this.#endless = endless;
  }

  get pointers(): string[] {
    return [...this.#made.keys()];
  }

  *compile(): Steps<Language> {
    yield* this.#pointed("#", "");
    for (const pointer of this.#leads.keys()) this.#refuseCircle(pointer, []);
    return this.#made.get("#") ?? this.languages.nothing;
  }

  /** The language of what a pointer points to; `within` is the pointer that it stands right under. */
  *#pointed(pointer: string, within: string): Steps<Language> {
    if (within) this.#leads.set(within, (this.#leads.get(within) ?? new Set()).add(pointer));
    if (this.#endless.has(pointer)) return this.languages.nothing;
    if (!this.#made.has(pointer)) {
      this.#made.set(pointer, undefined);
      const language = yield* this.#value(resolve(this.#root, pointer), pointer, pointer);
      this.languages.define(this.#name + pointer, language);
      this.#made.set(pointer, language);
    }
    return this.languages.named(this.#name + pointer);
  }

  *#value(schema: unknown, path: string, within = ""): Steps<Language> {
    yield;
    if (++this.#parts > MAX_PARTS) throw new SchemaError(`it has more than ${MAX_PARTS} parts`);
    if (schema === true) return this.#any();
    if (schema === false) return this.languages.nothing;
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
      throw new SchemaError(`${path}: a schema must be an object, true or false`);
    }
    const keywords = readKeywords(schema, path);
    if (keywords.$ref !== undefined) {
      standsAlone(keywords, { keyword: "$ref", path });
      return yield* this.#pointed(keywords.$ref, within);
    }
    const combining = {
      path,
      budget: this.#budget,
      depth: this.#joined,
      resolve: (pointer: string) => resolve(this.#root, pointer),
    };
    if (keywords.allOf) {
      const { allOf, ...beside } = keywords;
      const [only, ...more] = Object.keys(beside).length > 0 ? [beside, ...allOf] : allOf;
      if (more.length === 0) return yield* this.#value(only, `${path}/allOf/0`, within);
      const joined = joinSchemas([only, ...more], combining);
      // A member of several schemas is joined in its turn, within this one.
      this.#joined++;
      const language = yield* this.#value(joined, path, within);
      this.#joined--;
      return language;
    }
    for (const keyword of ["anyOf", "oneOf"] as const) {
      const options = keywords[keyword];
      if (!options) continue;
      standsAlone(keywords, { keyword, path });
      if (keyword === "oneOf") refuseOverlap(options, combining);
      const languages: Language[] = [];
      for (const [i, option] of options.entries()) {
        languages.push(yield* this.#value(option, `${path}/${keyword}/${i}`, within));
      }
      return this.languages.either(...languages);
    }
    if (keywords.enum || "const" in keywords) return yield* this.#listed(keywords, path);
    const types = typesOf(keywords, path);
    if (types === undefined) return this.#any();
    const languages: Language[] = [];
    for (const type of types) languages.push(yield* this.#typed(type, keywords, path));
    return this.languages.either(...languages);
  }

  /** Values that are listed one by one. */
  *#listed(keywords: Keywords, path: string): Steps<Language> {
    const keyword = keywords.enum ? "enum" : "const";
    standsAlone(keywords, { keyword, allowed: ["type"], path });
    const values = keywords.enum ?? [keywords.const];
    this.#parts += values.length;
    const types = typesOf(keywords, path);
    const literals: Language[] = [];
    for (const value of values) {
      if (types && !types.some((type) => isOfType(value, type))) continue;
      literals.push(this.#json.literal(value));
      yield;
    }
    return this.languages.either(...literals);
  }

  *#typed(type: JsonType, keywords: Keywords, path: string): Steps<Language> {
    switch (type) {
      case "object":
        return yield* this.#object(keywords, path);
      case "array":
        return yield* this.#array(keywords, path);
      case "string":
        return this.#string(keywords, path);
      case "integer":
        return isLimited(keywords) ? this.#json.integersWithin(keywords) : this.#json.integer;
      case "number":
        return isLimited(keywords) ? this.#json.decimalsWithin(keywords) : this.#json.number;
      default:
        return this.#json[type];
    }
  }

  *#array(keywords: Keywords, path: string): Steps<Language> {
    const { items = true, prefixItems = [], minItems: min = 0, maxItems: max = Infinity } =
      keywords;
    const first: Language[] = [];
    for (const [i, item] of prefixItems.entries()) {
      first.push(yield* this.#value(item, `${path}/prefixItems/${i}`));
    }
    const others = yield* this.#value(items, `${path}/items`);
    return this.#json.tuple(first, { others, min, max });
  }

  #string(keywords: Keywords, path: string): Language {
    const { format, minLength: min = 0, maxLength: max = Infinity } = keywords;
    const pattern = keywords.pattern ?? (format && FORMATS[format]);
    if (pattern === undefined) return this.#json.string({ min, max });
    const keyword = keywords.pattern === undefined ? "format" : "pattern";
    if (min > 0 || max < Infinity) {
      throw new SchemaError(`${path}: minLength or maxLength beside ${keyword} is not supported`);
    }
    if (format && keyword === "pattern") {
      throw new SchemaError(`${path}: format beside pattern is not supported`);
    }
    try {
      return this.#json.quoted(patternLanguage(this.languages, pattern));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new SchemaError(`${path}: pattern: ${cause.message}`, { cause });
    }
  }

  *#object(keywords: Keywords, path: string): Steps<Language> {
    const { properties = {}, required = [], additionalProperties: more = true } = keywords;
    const names = Object.keys(properties);
    const missing = required.find((name) => !Object.hasOwn(properties, name));
    if (missing !== undefined) {
      throw new SchemaError(`${path}: required names ${missing}, which is not in properties`);
    }
    if (names.length === 0 && more !== false) {
      return this.#json.map(yield* this.#value(more, `${path}/additionalProperties`));
    }
    if (typeof more !== "boolean") refuseRespelled(names, path);
    const needed = new Set(required);
    const members: Member[] = [];
    for (const name of names) {
      const value = yield* this.#value(properties[name], `${path}/properties/${name}`);
      members.push({ name, value, required: needed.has(name) });
    }
    const others = typeof more === "boolean"
      ? undefined
      : yield* this.#value(more, `${path}/additionalProperties`);
    return yield* this.#json.object(members, others);
  }

  #any(): Language {
    const { array, map, string, number, boolean, null: none } = this.#json;
    const any = this.languages.named(this.#name + ANY);
    if (!this.#made.has(ANY)) {
      this.#made.set(ANY, any);
      this.languages.define(
        this.#name + ANY,
        this.languages.either(map(any), array(any), string(), number, boolean, none),
      );
    }
    return any;
  }

  #refuseCircle(pointer: string, trail: readonly string[]): void {
    if (trail.includes(pointer)) {
      throw new SchemaError(`${pointer} refers to itself with nothing in between`);
    }
    for (const next of this.#leads.get(pointer) ?? []) {
      this.#refuseCircle(next, [...trail, pointer]);
    }
  }
}
