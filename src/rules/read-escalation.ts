import type { Escalation, Level } from '../core/escalation.ts';
import { hours, minutes, seconds } from '../core/time.ts';
import type { WrittenLevel, WrittenPolicyFile } from './policy-file.ts';
import { type Reading, refuse } from './shape.ts';
import { didYouMean } from './suggest.ts';

type Written = Pick<WrittenPolicyFile, 'ladder' | 'acknowledgement' | 'grouping'>;

/** Makes the escalation path; refuses levels out of order, named twice, or with nobody to tell. */
export function readEscalation(written: Written, reading: Reading): Escalation | undefined {
  if (written.ladder === null) return undefined;
  const before = reading.problems.length;
  const levels = written.ladder.value.map(({ value }) => value);
  checkLadder(levels, reading);
  const names = levels.map(({ level }) => level.value);
  for (const { value, at } of written.grouping?.exempt ?? []) {
    if (!names.includes(value))
      refuse(reading, at, `there is no level "${value}"`, { hint: didYouMean(value, names) });
  }
  if (reading.problems.length > before) return undefined;
  return {
    ladder: levels.map(levelOf),
    acknowledgementExpires: written.acknowledgement?.expires ?? hours(2),
    grouping: {
      wait: written.grouping?.wait ?? seconds(10),
      perRecipient: written.grouping?.per_recipient ?? { count: 20, per: minutes(60) },
      exempt: (written.grouping?.exempt ?? []).map(({ value }) => value),
    },
  };
}

function levelOf(level: WrittenLevel): Level {
  return {
    level: level.level.value,
    after: level.after.value,
    contacts: level.contacts.value.map(({ value }) => value),
    via: level.via.value.map(({ value }) => value),
    respondWithin: level.respond_within,
  };
}

function checkLadder(levels: readonly WrittenLevel[], reading: Reading): void {
  for (const [index, { level, after, contacts, via }] of levels.entries()) {
    const earlier = levels.slice(0, index);
    const previous = earlier.at(-1);
    if (earlier.some((other) => other.level.value === level.value))
      refuse(reading, level.at, `level ${level.value} is said twice`);
    if (previous !== undefined && after.value <= previous.after.value) {
      refuse(reading, after.at, `level ${level.value} does not come after ${previous.level.value}`, {
        hint: 'after counts from the beginning, and must grow',
      });
    }
    if (contacts.value.length === 0) {
      refuse(reading, contacts.at, `escalation level ${level.value} has nobody to tell`, {
        hint: 'name at least one contact',
      });
    }
    if (via.value.length === 0) {
      refuse(reading, via.at, `escalation level ${level.value} has no way to tell anybody`, {
        hint: 'name at least one notifier',
      });
    }
  }
}
