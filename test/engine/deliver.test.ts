import { describe, expect, test } from 'vitest';
import type { Incident } from '../../src/core/incident.ts';
import type { Message, Notice } from '../../src/core/notice.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { createDelivery } from '../../src/engine/deliver.ts';
import { aMessage, aNotice } from '../fakes/a-notice.ts';
import { fakeClock } from '../fakes/clock.ts';
import { countingMeter } from '../fakes/counting-meter.ts';
import { IncidentStory, NIGHT } from '../fakes/incident-story.ts';
import { memoryStore } from '../fakes/memory-store.ts';
import { fakeNotifier, isDown } from '../fakes/notifier.ts';

const never = new AbortController().signal;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

function setting(cap = 20) {
  const clock = fakeClock(NIGHT);
  const store = memoryStore();
  const mail = fakeNotifier();
  const meter = countingMeter();
  const incidents = new Map<string, Incident>();
  const known = { ...store.incidents, incident: async (id: string) => incidents.get(id) };
  const make = () =>
    createDelivery({
      store: { outbox: store.outbox, incidents: known },
      notifiers: new Map([['mail', mail]]),
      clock,
      meter,
      log: silent,
      grouping: () => ({ wait: seconds(10), perRecipient: { count: cap, per: hours(1) }, exempt: ['L4'] }),
      random: () => 0,
    });
  let delivery = make();
  return {
    clock,
    store,
    mail,
    meter,
    incidents,
    owe: (...notices: readonly Partial<Notice>[]) =>
      store.outbox.owe(notices.map((said) => aNotice({ owedAt: clock.now(), ...said }))),
    deliver: () => delivery.deliverDue(never),
    async after(duration: number) {
      await clock.advance(duration);
      await delivery.deliverDue(never);
    },
    restart() {
      delivery = make();
    },
    states: async () => (await store.outbox.notices({})).map((each) => each.state),
    subjects: () => mail.sent.map(({ message }) => message.subject),
  };
}

const of = (incident: string, said: Partial<Notice> = {}): Partial<Notice> => ({
  id: `${incident}/1/${said.kind ?? 'level'}/${said.to ?? 'on-call'}/mail`,
  incident,
  thread: incident,
  ...said,
});

const saying = (subject: string): { message: Message } => ({
  message: aMessage({ subject, headline: `${subject}.` }),
});

describe('one mail instead of many', () => {
  test('what is owed waits a moment for more of it', async () => {
    const s = setting();
    await s.owe(of('INC-1'));
    await s.deliver();
    expect(s.mail.sent).toEqual([]);
    await s.after(seconds(10));

    expect(s.mail.sent).toHaveLength(1);
    expect(await s.states()).toEqual(['delivered']);
  });

  test('a hundred incidents at once are one mail with the count, the questions first', async () => {
    const s = setting();
    await s.owe(...Array.from({ length: 99 }, (_, index) => of(`INC-${index + 1}`)));
    await s.owe(of('INC-100', { kind: 'approval', ...saying('roll back?') }));
    await s.after(seconds(10));

    expect(s.subjects()).toEqual(['[100 notices, 1 to answer] production: roll back?.']);
    expect(s.mail.sent[0]?.message.sections).toHaveLength(11);
    expect(s.mail.sent[0]?.message.sections.at(-1)?.title).toBe('And 90 more');
    expect(new Set(await s.states())).toEqual(new Set(['delivered']));
  });

  test('different people and channels get their own', async () => {
    const s = setting();
    await s.owe(of('INC-1'), of('INC-1', { to: 'roger' }));
    await s.after(seconds(10));

    expect(s.mail.sent.map((each) => each.to).toSorted()).toEqual(['on-call', 'roger']);
  });

  test('a level and the question of the same incident are one mail that asks', async () => {
    const s = setting();
    await s.owe(
      of('INC-1', { kind: 'approval', ...saying('roll back?') }),
      of('INC-1', saying('a test fails')),
    );
    await s.after(seconds(10));

    expect(s.subjects()).toEqual(['roll back?']);
    expect(s.mail.sent[0]?.message.sections.at(-1)).toEqual({
      title: 'Also',
      facts: [{ label: '02:13', value: 'a test fails.' }],
    });
  });

  test('a question is not buried among notices of the watching', async () => {
    const s = setting();
    await s.owe(
      of('INC-1', { kind: 'approval', ...saying('roll back?') }),
      of('x', { kind: 'source-silent', incident: null, ...saying('silent') }),
    );
    await s.after(seconds(10));

    expect(s.subjects().toSorted()).toEqual(['roll back?', 'silent']);
  });
});

describe('a channel that does not work', () => {
  test('is tried again ever more slowly, and given up after a day', async () => {
    const s = setting();
    s.mail.does = isDown;
    await s.owe(of('INC-1'));
    const tries: number[] = [];
    s.mail.does = () => {
      tries.push(s.clock.now() - NIGHT);
      return isDown();
    };
    const abort = new AbortController();
    const running = createDelivery({
      store: s.store,
      notifiers: new Map([['mail', s.mail]]),
      clock: s.clock,
      meter: s.meter,
      log: silent,
      grouping: () => ({ wait: 0, perRecipient: { count: 20, per: hours(1) }, exempt: [] }),
      random: () => 0,
    }).run(abort.signal);
    await s.clock.advance(hours(4));
    abort.abort();
    await running;
    const expected = [
      0,
      seconds(5),
      seconds(35),
      seconds(155),
      minutes(10) + seconds(155),
      minutes(40) + seconds(155),
    ];

    expect(tries.slice(0, 6).map((at) => Math.round(at / 2_000))).toEqual(
      expected.map((at) => Math.round(at / 2_000)),
    );
    expect(tries).toHaveLength(9);
    await s.after(hours(24));
    expect(await s.states()).toEqual(['dead']);
    expect(s.meter.count('rollbackd_notifications_dead_lettered_total', { channel: 'mail' })).toBe(1);
    expect(
      s.meter.count('rollbackd_notifications_failed_total', { channel: 'mail', reason: 'unreachable' }),
    ).toBe(10);
  });

  test('that is back after two hours delivers the beginning and the end as one mail, with both times', async () => {
    const s = setting();
    s.mail.does = isDown;
    await s.owe(of('INC-1', saying('a test fails')));
    await s.after(seconds(10));
    await s.clock.advance(minutes(55));
    await s.owe(
      of('INC-1', {
        kind: 'stood-down',
        id: 'INC-1/9/stood-down/on-call/mail',
        message: aMessage({ subject: 'stood down', word: 'Stood down' }),
      }),
    );
    await s.after(seconds(10));
    s.mail.does = async () => ({ is: 'delivered', detail: '' });
    await s.after(hours(1));

    expect(s.subjects()).toEqual(['stood down, fired 02:13, stood down 03:08 UTC']);
    expect(await s.states()).toEqual(['delivered', 'delivered']);
    expect(s.mail.sent[0]?.message.sections[0]?.title).toBe('What happened before');
  });

  test('holds up nobody else, even when it never answers', async () => {
    const s = setting();
    s.mail.does = (notice) =>
      notice.to === 'roger' ? new Promise(() => {}) : Promise.resolve({ is: 'delivered', detail: '' });
    await s.owe(of('INC-1', { to: 'roger' }), of('INC-1'));
    await s.clock.advance(seconds(10));
    const delivering = s.deliver();
    await s.clock.advance(seconds(44));
    expect(s.mail.sent.map((each) => each.to)).toEqual(['on-call']);
    await s.clock.advance(seconds(2));
    await delivering;

    expect(s.meter.count('rollbackd_notifications_failed_total', { reason: 'timeout' })).toBe(1);
    expect((await s.states()).toSorted()).toEqual(['delivered', 'owed']);
  });

  test('that breaks in a way nobody foresaw loses nothing', async () => {
    const s = setting();
    s.mail.does = async () => {
      throw new TypeError('a bug');
    };
    await s.owe(of('INC-1'));
    await s.after(seconds(10));
    expect(await s.states()).toEqual(['owed']);
    s.mail.does = async () => ({ is: 'delivered', detail: '' });
    await s.after(seconds(5));

    expect(await s.states()).toEqual(['delivered']);
  });

  test('that refuses a recipient for good is not tried again', async () => {
    const s = setting();
    await s.owe(of('INC-1', { to: 'gone' }));
    await s.after(seconds(10));

    expect(await s.states()).toEqual(['rejected']);
  });

  test('that is not configured any more keeps what is owed', async () => {
    const s = setting();
    await s.owe(of('INC-1', { via: 'pager' }));
    await s.after(seconds(10));

    expect(await s.states()).toEqual(['owed']);
  });
});

describe('twice is once', () => {
  test('a daemon killed between sending and writing it down sends the same identity again', async () => {
    const s = setting();
    await s.owe(of('INC-1'), of('INC-2'));
    const { settle } = s.store.outbox;
    Object.assign(s.store.outbox, { settle: () => Promise.reject(new Error('killed')) });
    await expect(s.after(seconds(10))).rejects.toThrow('killed');
    Object.assign(s.store.outbox, { settle });
    s.restart();
    await s.deliver();

    expect(s.mail.sent).toHaveLength(2);
    expect(s.mail.sent[1]?.id).toBe(s.mail.sent[0]?.id);
    await s.after(hours(1));
    expect(s.mail.sent).toHaveLength(2);
  });

  test('two rounds at the same time send one mail', async () => {
    const s = setting();
    await s.owe(of('INC-1'));
    await s.clock.advance(seconds(10));
    await Promise.all([s.deliver(), s.deliver()]);

    expect(s.mail.sent).toHaveLength(1);
  });
});

describe('what is not sent', () => {
  function acknowledged(expires: number): Incident {
    const story = new IncidentStory({ id: 'INC-1' });
    story.tell({ type: 'acknowledged', expires }, 'roger');
    return story.incident;
  }

  test('a level that was acknowledged while it waited', async () => {
    const s = setting();
    await s.owe(
      of('INC-1'),
      of('INC-1', { kind: 'approval', stopsWhenAcknowledged: false, ...saying('roll back?') }),
    );
    s.incidents.set('INC-1', acknowledged(NIGHT + hours(2)));
    await s.after(seconds(10));

    expect(s.subjects()).toEqual(['roll back?']);
    expect((await s.states()).toSorted()).toEqual(['delivered', 'dropped']);
    expect(s.meter.count('rollbackd_notifications_suppressed_total', { reason: 'acknowledged' })).toBe(1);
  });

  test('but one whose acknowledgement has expired is', async () => {
    const s = setting();
    await s.owe(of('INC-1'));
    s.incidents.set('INC-1', acknowledged(NIGHT + seconds(5)));
    await s.after(seconds(10));

    expect(s.mail.sent).toHaveLength(1);
  });

  test('the end, to somebody who never got the beginning', async () => {
    const s = setting();
    await s.owe(of('INC-1', { to: 'gone' }));
    await s.after(seconds(10));
    await s.owe(of('INC-1', { to: 'gone', kind: 'closed', stopsWhenAcknowledged: false }));
    await s.after(seconds(10));

    expect((await s.states()).toSorted()).toEqual(['dropped', 'rejected']);
  });
});

describe('the cap per person', () => {
  const closing = (number: number): Partial<Notice> =>
    of(`INC-${number}`, { kind: 'failed', ...saying(`failed ${number}`) });

  test('holds back what is above it, and sends that as one digest when the hour allows', async () => {
    const s = setting(3);
    for (let number = 1; number <= 5; number += 1) await s.owe(closing(number));
    await s.after(seconds(10));
    expect(s.subjects()).toEqual(['failed 1', 'failed 2', 'failed 3']);
    expect(s.meter.count('rollbackd_notifications_suppressed_total', { reason: 'rate_limited' })).toBe(2);
    await s.after(minutes(59));
    expect(s.mail.sent).toHaveLength(3);
    await s.after(minutes(1));

    expect(s.subjects().slice(3)).toEqual(['[2 notices] production: failed 4.']);
    expect(s.mail.sent.at(-1)?.message.footer[0]).toContain('the cap per person');
    expect(new Set(await s.states())).toEqual(new Set(['delivered']));
  });

  test('does not hold the top of the ladder', async () => {
    const s = setting(1);
    await s.owe(
      closing(1),
      of('INC-2', { kind: 'failed', level: 'L4', exempt: true, ...saying('to the top') }),
    );
    await s.after(seconds(10));

    expect(s.subjects()).toEqual(['failed 1', 'to the top']);
  });

  test('counts on after a restart', async () => {
    const s = setting(2);
    await s.owe(closing(1));
    await s.after(seconds(10));
    await s.owe(closing(2));
    await s.after(seconds(10));
    s.restart();
    await s.owe(closing(3));
    await s.after(seconds(10));

    expect(s.subjects()).toEqual(['failed 1', 'failed 2']);
  });

  test('holds one person, not the others', async () => {
    const s = setting(1);
    await s.owe(closing(1), closing(2), { ...closing(3), to: 'roger' });
    await s.after(seconds(10));

    expect(s.subjects().toSorted()).toEqual(['failed 1', 'failed 3']);
  });
});

test('the loop ends when it is told to, and leaves the rest owed', async () => {
  const s = setting();
  const abort = new AbortController();
  const delivery = createDelivery({
    store: s.store,
    notifiers: new Map([['mail', s.mail]]),
    clock: s.clock,
    meter: s.meter,
    log: silent,
    grouping: () => ({ wait: seconds(10), perRecipient: { count: 20, per: hours(1) }, exempt: [] }),
    random: () => 0,
  });
  const running = delivery.run(abort.signal);
  await s.owe(of('INC-1'));
  await s.clock.advance(seconds(11));
  expect(s.mail.sent).toHaveLength(1);
  await s.owe(of('INC-2'));
  abort.abort();
  await running;

  expect((await s.states()).toSorted()).toEqual(['delivered', 'owed']);
});
