/** The valid name that a mistyped one is most like, for "did you mean". */

/**
 * The candidate nearest to `text` by edit distance, letter case ignored; the first of equals. `undefined` when none is
 * near: more than a third of the letters, and more than two, would have to change.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.toLowerCase();
  const most = Math.max(2, Math.floor(text.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    // So much has to change at least; a text without end is compared with nothing.
    if (Math.abs(text.length - name.length) > most) continue;
    const distance = editDistance(wanted, name.toLowerCase());
    // A name of which nothing is left would be a guess.
    if (distance <= most && distance < name.length && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

/** `; did you mean 'relu4_2'?`, or nothing when no candidate is near. */
export function didYouMean(text: string, candidates: readonly string[]): string {
  const name = nearest(text, candidates);
  return name === undefined ? '' : `; did you mean '${name}'?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforeLast, j - 2) + 1);
      }
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
