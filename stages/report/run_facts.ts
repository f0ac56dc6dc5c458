/** Model and corpus of a run, as far as known. */
export interface RunFacts {
  /** Trainable parameters of the model. */
  readonly parameters?: number;
  /** Entries of its vocabulary, which a small corpus may have fewer of than `--vocab` asks for. */
  readonly vocabulary?: number;
  /** Absent until the corpus is open. */
  readonly corpus?: {
    /** Documents on the disk, held-out ones among them. */
    readonly documents: number;
    /** UTF-8 bytes of their texts. */
    readonly textBytes: number;
    /** Whether the corpus is complete. */
    readonly isWhole: boolean;
    /** Documents tokenized so far. */
    readonly tokenizedDocuments: number;
    /** Tokens of those: of both splits, and of the one that is trained on. */
    readonly tokens: number;
    readonly trainTokens: number;
  };
  /** Trained tokens over those of the corpus to train on. */
  readonly passes?: number;
}
