import { number } from './bytes.ts';

/** A point in time as the wire has it: whole days and the rest of the day in 100 ns. */
export interface Moment {
  /** Since 0001-01-01. */
  readonly days: number;
  readonly ticks: bigint;
  /** Minutes east of UTC; only datetimeoffset keeps it. */
  readonly offset: number;
}

const TICKS_PER_DAY = 864_000_000_000n;
const MS_PER_DAY = 86_400_000;
/** From 0001-01-01 to 1970-01-01. */
const EPOCH_DAYS = 719_162;
/** From 0001-01-01 to 1900-01-01, where datetime begins. */
const DATETIME_DAYS = 693_595;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?)?(Z|[+-]\d\d:\d\d)?$/;

/** Reads a Date, or ISO text with up to seven digits of a second; text without a zone is UTC. Throws on others. */
export function momentOf(value: unknown): Moment {
  if (value instanceof Date) return at(BigInt(value.getTime()) * 10_000n, 0);
  const [, date, time = '00:00:00', digits = '', zone = 'Z'] = ISO.exec(String(value)) ?? [];
  if (date === undefined) throw new TypeError(`not a time: ${String(value)}`);
  const seconds = BigInt(Date.parse(`${date}T${time}Z`)) * 10_000n;
  const offset = zone === 'Z' ? 0 : minutesOf(zone);
  return at(seconds + BigInt(digits.padEnd(7, '0')) - BigInt(offset) * 600_000_000n, offset);
}

function at(sinceEpoch: bigint, offset: number): Moment {
  const ticks = ((sinceEpoch % TICKS_PER_DAY) + TICKS_PER_DAY) % TICKS_PER_DAY;
  return { days: Number((sinceEpoch - ticks) / TICKS_PER_DAY) + EPOCH_DAYS, ticks, offset };
}

function minutesOf(zone: string): number {
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** The Date of a moment; what is finer than a millisecond is cut off. */
export function dateOf(days: number, ticks: bigint): Date {
  return new Date((days - EPOCH_DAYS) * MS_PER_DAY + Number(ticks / 10_000n));
}

/** The time of day as `time(scale)` has it, in 3 to 5 bytes. */
export function timeBytes(ticks: bigint, scale: number): Buffer {
  return number(ticks / 10n ** BigInt(7 - scale), timeSize(scale));
}

/** Ticks of 100 ns out of a `time(scale)`. */
export function ticksOf(value: bigint, scale: number): bigint {
  return value * 10n ** BigInt(7 - scale);
}

/** How many bytes a `time(scale)` takes (MS-TDS 2.2.5.5.1.8). */
export function timeSize(scale: number): number {
  return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

/** The eight bytes of a `datetime`: days since 1900 and three-hundredths of a second. */
export function datetimeBytes({ days, ticks }: Moment): Buffer {
  const parts = Math.round(Number(ticks / 10_000n) * 0.3);
  return Buffer.concat([number(days - DATETIME_DAYS, 4), number(parts, 4)]);
}

/** The Date of a `datetime` on the wire. */
export function dateOfDatetime(days: number, parts: number): Date {
  return dateOf(days + DATETIME_DAYS, BigInt(Math.round(parts / 0.3)) * 10_000n);
}
