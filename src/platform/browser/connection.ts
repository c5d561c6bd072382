/** What the connection is good for. */

/** Of `NetworkInformation`, which not every browser has. */
interface Connection {
  readonly saveData?: boolean;
  /** `slow-2g`, `2g`, `3g` or `4g`, by what was measured. */
  readonly effectiveType?: string;
}

/** Whether much may be fetched that nobody has asked for yet: false where bytes are known to be dear or slow. */
export function mayFetchAhead(): boolean {
  const { connection, onLine }: Navigator & { readonly connection?: Connection } = navigator;
  return onLine && connection?.saveData !== true && !/[23]g$/.test(connection?.effectiveType ?? '');
}
