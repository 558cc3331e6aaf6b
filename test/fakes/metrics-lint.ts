/** Mistakes in a Prometheus exposition against the naming rules; promtool says the same and more where it is installed. */
export function lintMetrics(text: string): readonly string[] {
  const helps = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  const mistakes: string[] = [];
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const tell = (what: string) => mistakes.push(`${name}: ${what}`);
    if (!helps.has(name)) tell('no help');
    if (!/^[a-z][a-z0-9_]*$/.test(name)) tell('not snake_case');
    if (type === 'counter' && !name.endsWith('_total')) tell('counters end in _total');
    if (type !== 'counter' && name.endsWith('_total')) tell('only counters end in _total');
    if (/_(milliseconds|ms|minutes|hours|kilobytes|megabytes|percent)(_|$)/.test(name)) tell('no base unit');
    if (/_(gauge|counter|histogram|summary)(_|$)/.test(name)) tell('names its type');
  }
  return mistakes;
}
