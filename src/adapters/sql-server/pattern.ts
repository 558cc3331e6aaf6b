/** Whether a name fits one of the patterns, whatever its letters' case; `*` stands for anything. */
export function fitsOne(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.*')}$`, 'is');
  });
  return (name) => expressions.some((expression) => expression.test(name));
}
