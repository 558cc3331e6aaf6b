/**
 * A number between 0 and 2^32 that is the same for the same texts everywhere and at every start. FNV-1a of their code
 * points with a slash between two texts (http://www.isthe.com/chongo/tech/comp/fnv/); no secret and no proof of sameness.
 */
export function fnv1a(...texts: readonly string[]): number {
  let hash = 2_166_136_261;
  for (const letter of texts.join('/')) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  return hash >>> 0;
}
