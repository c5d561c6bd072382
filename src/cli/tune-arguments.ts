/** The arguments of `impasto tune`, apart from its work, so that the help needs no GPU. */

/** As commander collects them. */
export interface TuneArguments {
  readonly adapter?: string;
  readonly size?: number;
  /** Part of an operation's name. */
  readonly only?: string;
}

/** Below this side the deepest maps are empty. */
export const leastTuneSize = 16;
export const mostTuneSize = 1024;
