/**
 * What a keeper leaves to the next one: files of its run folder, as objects named by SHA-256.
 *
 * @module
 */

/** A file in pieces: each was appended to those before it. */
export interface MirroredFile {
  readonly path: string;
  readonly pieces: readonly { readonly sha256: string; readonly bytes: number }[];
}

/** The files of a run folder. */
export interface FolderRecord {
  readonly files: readonly MirroredFile[];
}
