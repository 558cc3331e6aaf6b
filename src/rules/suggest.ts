/** The word of `known` that was probably meant: a small number of slips away. Undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let fewest = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const count = slips(word.toLowerCase(), candidate.toLowerCase());
    if (count < fewest) {
      fewest = count;
      best = candidate;
    }
  }
  return best;
}

/** `did you mean "layer"?`, or null. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const found = nearest(word, known);
  return found === undefined ? null : `did you mean "${found}"?`;
}

/** The first words of a list, for a note. */
export function enumerate(words: Iterable<string>, most = 9): string {
  const all = [...words];
  return all.length <= most ? all.join(', ') : `${all.slice(0, most).join(', ')}, ...`;
}

/** Insertions, deletions, replacements, and neighbours swapped, each as one slip. */
function slips(a: string, b: string): number {
  if (a.length > 60 || b.length > 60) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let fewest = Math.min(replaced, at(previous, j) + 1, at(row, j - 1) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) fewest = Math.min(fewest, at(before, j - 2) + 1);
      row.push(fewest);
    }
    before = previous;
    previous = row;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
