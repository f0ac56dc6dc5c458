/**
 * The model of blocks as a file holds it: names as bytes, trees as short floating-point numbers.
 *
 * @module
 */
import type { NameWeights } from "./containers.ts";
import type { Forest } from "./forest.ts";
import type { BlockModel } from "./judge.ts";

/** A forest in a file. */
interface WrittenForest {
  readonly depth: number;
  readonly bias: number;
  /** Arrays in base64 (RFC 4648), floats by their upper 16 bits, the least byte first. */
  readonly features: string;
  readonly thresholds: string;
  readonly leaves: string;
}

/** A model in a file. */
export interface WrittenModel {
  /** Where it comes from. */
  readonly about: string;
  readonly threshold: number;
  readonly names: {
    readonly scale: number;
    readonly near: string;
    readonly far: string;
    readonly words: string;
  };
  readonly first: WrittenForest;
  readonly second: WrittenForest;
}

/** Numbers as a file keeps them: the upper 16 bits of a 32-bit float (bfloat16), towards zero. */
export function shortFloats(values: Float32Array): Float32Array {
  return fromShort(toShort(values));
}

/** The least such number that is no less than `value`. */
export function shortFloatAbove(value: number): number {
  const short = shortFloats(new Float32Array([value]))[0] as number;
  if (short >= value) return short;
  const bits = new Uint32Array(new Float32Array([short]).buffer)[0] as number;
  return new Float32Array(new Uint32Array([bits + 0x10000]).buffer)[0] as number;
}

/** Weights as a file keeps them: a byte each. */
export function roundedNames({ near, far, words }: NameWeights): NameWeights {
  const scale = scaleOf({ near, far, words });
  const round = (weights: Float32Array) =>
    weights.map((weight) => Math.round(weight / scale) * scale);
  return { near: round(near), far: round(far), words: round(words) };
}

const scaleOf = ({ near, far, words }: NameWeights) =>
  [...near, ...far, ...words].reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-6) /
  127;

const toShort = (values: Float32Array) =>
  Uint16Array.from(
    new Uint32Array(values.buffer, values.byteOffset, values.length),
    (bits) => bits >>> 16,
  );

function fromShort(short: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(short, (bits) => bits << 16).buffer);
}

/** Writes a model. */
export function writeModel(
  { names, first, second, threshold }: BlockModel,
  about: string,
): WrittenModel {
  const scale = scaleOf(names);
  const bytes = (weights: Float32Array) =>
    base64(Uint8Array.from(weights, (weight) => Math.round(weight / scale) & 0xff));
  return {
    about,
    threshold,
    names: { scale, near: bytes(names.near), far: bytes(names.far), words: bytes(names.words) },
    first: writeForest(first),
    second: writeForest(second),
  };
}

/** Reads a model. */
export function readModel({ names, first, second, threshold }: WrittenModel): BlockModel {
  const weights = (bytes: string): Float32Array =>
    Float32Array.from(new Int8Array(bytesOf(bytes).buffer), (weight) => weight * names.scale);
  return {
    names: { near: weights(names.near), far: weights(names.far), words: weights(names.words) },
    first: readForest(first),
    second: readForest(second),
    threshold,
  };
}

function writeForest({ depth, bias, features, thresholds, leaves }: Forest): WrittenForest {
  const short = (values: Float32Array) => base64(new Uint8Array(toShort(values).buffer));
  return {
    depth,
    bias,
    features: base64(features),
    thresholds: short(thresholds),
    leaves: short(leaves),
  };
}

function readForest({ depth, bias, features, thresholds, leaves }: WrittenForest): Forest {
  const long = (short: string) => fromShort(new Uint16Array(bytesOf(short).buffer));
  return {
    depth,
    bias,
    features: bytesOf(features),
    thresholds: long(thresholds),
    leaves: long(leaves),
  };
}

/** Bytes as base64 (RFC 4648). */
const base64 = (bytes: Uint8Array) => bytes.toBase64();
const bytesOf = (text: string) => Uint8Array.fromBase64(text);
