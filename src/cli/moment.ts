import { sayDuration } from '../core/duration.ts';
import { days, type Instant } from '../core/time.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `02:13` today, `Thu 06:00` within a week, `Sun 15 Nov 15:20` otherwise, with the year where it is another. UTC. */
export function sayMoment(at: Instant, now: Instant): string {
  const distance = Math.abs(at - now);
  if (isSameDay(at, now)) return sayClock(at);
  if (distance < days(6)) return `${dayOf(at)} ${sayClock(at)}`;
  return sayDate(at, now);
}

/** `Sun 15 Nov 15:20`, for columns in which every line looks alike. */
export function sayDate(at: Instant, now: Instant): string {
  const date = new Date(at);
  const year = date.getUTCFullYear() === new Date(now).getUTCFullYear() ? '' : ` ${date.getUTCFullYear()}`;
  return `${dayOf(at)} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year} ${sayClock(at)}`;
}

/** `02:13`, UTC. */
export function sayClock(at: Instant): string {
  return new Date(at).toISOString().slice(11, 16);
}

/** `02:13:41` today, else the moment. UTC. */
export function saySecond(at: Instant, now: Instant): string {
  return isSameDay(at, now) ? new Date(at).toISOString().slice(11, 19) : sayMoment(at, now);
}

/** How long a deadline still is away: `41 min left`, `3 min overdue`. */
export function sayLeft(deadline: Instant, now: Instant): string {
  if (deadline >= now) return `${sayRough(deadline - now)} left`;
  return `${sayRough(now - deadline)} overdue`;
}

/** A duration without seconds once it is longer than a few minutes: nobody waits by the second. */
export function sayRough(duration: number): string {
  const rounded = duration >= 300_000 ? Math.round(duration / 60_000) * 60_000 : duration;
  return sayDuration(rounded);
}

function isSameDay(a: Instant, b: Instant): boolean {
  return new Date(a).toISOString().slice(0, 10) === new Date(b).toISOString().slice(0, 10);
}

function dayOf(at: Instant): string {
  return DAYS[new Date(at).getUTCDay()] ?? '';
}
