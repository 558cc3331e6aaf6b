import type { Level, Person } from './escalation.ts';
import type { Policy } from './facts.ts';
import { listed, spoken } from './wording.ts';

/** People by name; a team stands for its people. Names that the configuration does not know reach nobody. */
export function peopleOf(contacts: readonly string[], policy: Policy): readonly Person[] {
  const found = new Map<string, Person>();
  for (const contact of contacts) {
    for (const name of policy.teams.get(contact) ?? [contact]) {
      const person = policy.people.get(name);
      if (person !== undefined) found.set(name, person);
    }
  }
  return [...found.values()];
}

/** The channels a person is told over: those of the levels they stand in, else those of the first level. */
export function channelsOf(person: string, ladder: readonly Level[], policy: Policy): readonly string[] {
  const own = ladder.filter((level) => peopleOf(level.contacts, policy).some((each) => each.name === person));
  const levels = own.length > 0 ? own : ladder.slice(0, 1);
  return [...new Set(levels.flatMap((level) => level.via))];
}

/** What a group of people is called in a sentence: the contacts as configured, with spaces. */
export function sayContacts(contacts: readonly string[]): string {
  return listed(contacts.map(spoken));
}
