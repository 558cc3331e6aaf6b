import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sql-store/index.ts';
import { days } from '../../../src/core/time.ts';
import { Conflict } from '../../../src/ports/store.ts';
import { aNotice, aSignal, comment, moving, opening } from '../../contract/store/samples.ts';
import { aStateFile, openAt, transactionsIn } from './places.ts';

describe('The state in a file', () => {
  it('is there again after a restart, and opening it again changes nothing', async () => {
    const path = aStateFile();
    const first = await openAt(path);
    const change = opening({}, { owes: [aNotice('n1')], takes: 'production' });
    await first.incidents.commit(change);
    await first.incidents.nextNumber();
    await first.close();
    for (const expected of [2, 3]) {
      const again = await openAt(path);
      expect(await again.incidents.incident('INC-1')).toEqual(change.incident);
      expect(await again.outbox.due(1_000, 5)).toHaveLength(1);
      expect(await again.incidents.nextNumber()).toBe(expected);
      const other = opening({ id: 'INC-2', blamed: null }, { takes: 'production' });
      await expect(again.incidents.commit(other)).rejects.toBeInstanceOf(Conflict);
      await again.close();
    }
  });

  it('has what was written just before it was closed', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    const write = store.switches.set('last', 'word');
    await store.close();
    await write;
    await expect(store.switches.set('too', 'late')).rejects.toThrow('closed');
    expect(await (await openAt(path)).switches.get('last')).toBe('word');
  });

  it('is nobody else’s to read', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    await store.switches.set('a', 'b');
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('makes its directory, and is the same file through a link to it', async () => {
    const path = join(dirname(aStateFile()), 'deep', 'er', 'state.db');
    await openAt(path);
    expect(existsSync(path)).toBe(true);
    const detour = join(dirname(path), '..', 'er', 'state.db');
    await expect(openAt(detour)).rejects.toMatchObject({ code: 'state-in-use' });
  });

  it('says in one line when it is no state', async () => {
    const path = aStateFile();
    writeFileSync(path, 'this is a text file, and a long enough one to be read as a header\n'.repeat(20));
    const opened = openSqliteStore({ path, now: () => 0 });
    await expect(opened).rejects.toMatchObject({ code: 'state-unusable', is: 'invalid' });
    const folder = join(dirname(path), 'folder');
    mkdirSync(folder);
    await expect(openAt(folder)).rejects.toMatchObject({ code: 'state-unusable' });
  });

  it('of a newer version is refused', async () => {
    const path = aStateFile();
    await (await openAt(path)).close();
    const raw = new DatabaseSync(path);
    raw.exec(`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-from-the-future', '2030-01-01')`);
    raw.close();
    await expect(openAt(path)).rejects.toMatchObject({ code: 'state-newer' });
    // Refused is not held: the lock is free again.
    await expect(openAt(path)).rejects.toMatchObject({ code: 'state-newer' });
  });
});

describe('Writes of one event-loop turn', () => {
  it('are one transaction, and one conflict among them is one writer’s', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    const first = opening();
    await store.incidents.commit(first);
    const before = transactionsIn(path);
    const writes = await Promise.allSettled([
      store.incidents.commit(moving(first.incident, comment('first'), { owes: [aNotice('a')] })),
      store.incidents.commit(moving(first.incident, comment('second'), { owes: [aNotice('b')] })),
      ...Array.from({ length: 50 }, (_, i) => store.signals.add([aSignal({ id: `s${i}` })])),
      store.switches.set('after', 'the conflict'),
    ]);
    expect(transactionsIn(path) - before).toBe(1);
    const refused = writes.flatMap((write, i) => (write.status === 'rejected' ? [[i, write.reason]] : []));
    expect(refused).toEqual([[1, expect.any(Conflict)]]);
    expect((await store.outbox.notices({})).map((entry) => entry.notice.id)).toEqual(['a']);
    expect(await store.switches.get('after')).toBe('the conflict');
    await store.switches.set('next', 'turn');
    expect(transactionsIn(path) - before).toBe(2);
  });
});

describe('A broken row', () => {
  it('is reported and left out, and the rest is read', async () => {
    const path = aStateFile();
    const reports: (readonly string[])[] = [];
    const store = await openAt(path, (...report) => reports.push(report));
    await store.signals.add(['a', 'b', 'c', 'd'].map((id) => aSignal({ id })));
    // What was just stored is handed on once without its disk.
    expect(await store.signals.after('production', 0, 9)).toHaveLength(4);
    await store.outbox.owe([aNotice('n1'), aNotice('n2')]);
    const raw = new DatabaseSync(path);
    raw.exec(`UPDATE signals SET body = '{"id": "a"' WHERE id IN ('a', 'b')`);
    raw.exec(`UPDATE signals SET body = '{"id": "c", "secret": 1}' WHERE id = 'c'`);
    raw.exec(`UPDATE notices SET body = x'00ff' WHERE id = 'n1'`);
    raw.close();
    const read = await store.signals.after('production', 0, 2);
    expect(read.map((stored) => stored.value.id)).toEqual(['d']);
    expect((await store.outbox.due(9_999, 5)).map((entry) => entry.notice.id)).toEqual(['n2']);
    expect(reports.map(([table, key]) => [table, key])).toEqual([
      ['signals', '1'],
      ['signals', '2'],
      ['signals', '3'],
      ['notices', 'n1'],
    ]);
    expect(reports.flat().join(' ')).not.toContain('secret');
  });

  it('of an incident is told again from its events', async () => {
    const path = aStateFile();
    const reports: string[] = [];
    const store = await openAt(path, (table) => reports.push(table));
    const first = opening();
    const second = moving(first.incident, comment('on'));
    await store.incidents.commit(first);
    await store.incidents.commit(second);
    const raw = new DatabaseSync(path);
    raw.exec(`UPDATE incidents SET body = 'gone'`);
    expect(await store.incidents.incident('INC-1')).toEqual(second.incident);
    expect(reports).toEqual(['incidents']);
    raw.exec(`UPDATE incident_events SET body = 'gone too' WHERE version = 1`);
    raw.close();
    expect(await store.incidents.incidents('production', 0)).toEqual([]);
  });
});

describe('A backup', () => {
  it('made while others write is a whole state of one moment', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    const copy = join(dirname(path), 'backup.db');
    const first = opening();
    await store.incidents.commit(first);
    let { incident } = first;
    let copied = false;
    const backup = store.backup(copy).then(() => {
      copied = true;
    });
    for (let i = 0; i < 50 || !copied; i += 1) {
      const change = moving(incident, [comment(`${i}`), comment(`${i}`)], { owes: [aNotice(`n${i}`)] });
      await store.incidents.commit(change);
      incident = change.incident;
    }
    await backup;
    const restored = await openAt(copy);
    const kept = await restored.incidents.incident('INC-1');
    const events = await restored.incidents.events('INC-1');
    expect(events).toHaveLength(kept?.version ?? -1);
    expect(await restored.outbox.notices({})).toHaveLength((events.length - 1) / 2);
    expect(existsSync(`${copy}.unfinished`)).toBe(false);
    expect(statSync(copy).mode & 0o077).toBe(0);
  });

  it('is never made onto the state itself', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    await expect(store.backup(path)).rejects.toMatchObject({ code: 'backup-onto-itself' });
    await store.switches.set('still', 'here');
  });
});

describe('Raw signals', () => {
  it('are rolled up by day before they are deleted', async () => {
    const path = aStateFile();
    const store = await openAt(path);
    const status = (i: number) => ({ status: i % 3 === 0 ? 'fail' : 'pass' });
    const at = (i: number) => (i < 4 ? 10 : days(1) + i);
    await store.signals.add(
      Array.from({ length: 10 }, (_, i) => aSignal({ id: `s${i}`, at: at(i), attributes: status(i) })),
    );
    expect(await store.retain(days(30), { signals: days(7), history: days(90) })).toBe(7);
    const raw = new DatabaseSync(path, { readOnly: true });
    const rows = raw.prepare('SELECT day, count, failures FROM signal_days ORDER BY day').all();
    raw.close();
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { day: 0, count: 4, failures: 2 },
      { day: 1, count: 3, failures: 1 },
    ]);
  });
});
