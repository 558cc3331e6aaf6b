import type { Instant } from './time.ts';

/** A moment taken apart in UTC; `weekday` 0 is Sunday, `month` 1 is January. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const DAY = 86_400_000;

/**
 * A moment in UTC, by arithmetic alone: the core may not ask a clock or a calendar.
 * Days are counted from 1 March of year 0, so that the leap day is the last of its year.
 */
export function civil(at: Instant): CivilTime {
  const days = Math.floor(at / DAY);
  const second = Math.floor((at - days * DAY) / 1_000);
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(second / 3_600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
  };
}

/** `02:13`, UTC. */
export function sayTime(at: Instant): string {
  const { hour, minute } = civil(at);
  return `${two(hour)}:${two(minute)}`;
}

/** `02:13:41`, UTC. */
export function saySecond(at: Instant): string {
  return `${sayTime(at)}:${two(civil(at).second)}`;
}

/** `Wed 18 Nov 02:13`, UTC. */
export function sayDay(at: Instant): string {
  const { weekday, day, month } = civil(at);
  return `${WEEKDAYS[weekday]} ${day} ${MONTHS[month - 1]} ${sayTime(at)}`;
}

/** A moment as seen from another one: `02:13` on the same day in UTC, else `Wed 18 Nov 02:13`. */
export function sayWhen(at: Instant, from: Instant): string {
  return Math.floor(at / DAY) === Math.floor(from / DAY) ? sayTime(at) : sayDay(at);
}

/** `2026-11-18T02:13:41Z`; milliseconds are left out. */
export function isoTime(at: Instant): string {
  return `${isoDate(at)}T${saySecond(at)}Z`;
}

/** `2026-11-18`, UTC. */
export function isoDate(at: Instant): string {
  const { year, month, day } = civil(at);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}
