import type { Duration } from './time.ts';

const UNITS: Readonly<Record<string, Duration>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `90s`, `15m`, `1h30m`, `2d`. Undefined when it is not a duration. */
export function parseDuration(text: string): Duration | undefined {
  if (!/^(\d{1,9}(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

/** Writes a duration the way it is configured: `1h30m`. */
export function writeDuration(duration: Duration): string {
  let left = Math.round(duration);
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** Says a duration to a person, two units at most: `8 min 33 s`, `2 d 11 h`, `212 ms`. */
export function sayDuration(duration: Duration): string {
  if (duration < 1_000) return `${Math.max(0, Math.round(duration))} ms`;
  const total = Math.round(duration / 1_000);
  const parts: [number, string][] = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor(total / 3_600) % 24, 'h'],
    [Math.floor(total / 60) % 60, 'min'],
    [total % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
