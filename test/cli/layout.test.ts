import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tame, writeJson } from '../../src/cli/foreign.ts';
import { facts, grid, table, widthOf, wrap } from '../../src/cli/layout.ts';
import { sayDate, sayLeft, sayMoment } from '../../src/cli/moment.ts';
import { revive } from '../../src/cli/revive.ts';
import { lookOf, mark } from '../../src/cli/shape.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { NOW } from './story.ts';

const look = { utf8: true, colour: false, columns: 100 };
const word = fc.stringMatching(/^[a-z0-9_]{1,12}$/);
const text = fc.array(word, { maxLength: 20 }).map((words) => words.join(' '));

describe('columns', () => {
  it('stand two apart, numbers to the right', () => {
    const columns = [{ title: 'Name' }, { title: 'Count', align: 'right' as const }, { title: 'What' }];
    expect(
      table(
        columns,
        [
          ['a', '1', 'x'],
          ['long', '1,284', 'y'],
        ],
        look,
      ),
    ).toEqual(['  Name  Count  What', '  a         1  x', '  long  1,284  y']);
  });

  it('lose no word, whatever is in them and however narrow the screen', () => {
    const rows = fc.array(fc.tuple(word, text, text), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 20, max: 140 }), (given, columns) => {
        const titles = ['A', 'B', 'C'].map((title) => ({ title }));
        const said = table(titles, given, { ...look, columns })
          .join(' ')
          .split(/\s+/);
        for (const wanted of given.flat().join(' ').split(' ')) expect(said).toContain(wanted);
      }),
    );
  });

  it('let facts lose no word either', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, text, text), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 140 }),
        (rows, columns) => {
          const said = facts(rows, { ...look, columns })
            .join(' ')
            .split(/\s+/);
          for (const wanted of rows.flat().join(' ').split(' ')) expect(said).toContain(wanted);
        },
      ),
    );
  });

  it('move the last one below its row on a narrow screen, with its title', () => {
    const columns = [{ title: 'When' }, { title: 'What' }];
    expect(table(columns, [['02:13', 'it failed']], { ...look, columns: 79 })).toEqual([
      '  When',
      '  02:13',
      '    What  it failed',
    ]);
  });

  it('count what the eye sees, not bytes', () => {
    expect(widthOf('\u001b[32m●\u001b[0m é 漢')).toBe(6);
    expect(widthOf('e\u0301')).toBe(1);
  });

  it('fill a grid row by row', () => {
    expect(grid(['a', 'bb', 'c'], 2, { ...look, columns: 10 })).toEqual(['  a   bb', '  c']);
  });

  it('keep a word that is longer than the line whole, for it may be copied', () => {
    expect(wrap('see https://example.com/a/long/address now', 12)).toEqual([
      'see',
      'https://example.com/a/long/address',
      'now',
    ]);
  });
});

describe('shapes', () => {
  it.each([
    [{ LANG: 'C' }, 'ok'],
    [{ LANG: 'de_DE.UTF-8' }, '●'],
    [{ LANG: 'en_US.utf8', LC_ALL: 'POSIX' }, 'ok'],
    [{}, '●'],
  ])('follow the locale %j', (env, expected) => {
    expect(mark('well', lookOf({ env, isTerminal: false, columns: 80, utf8: true }))).toBe(expected);
  });

  it.each([
    [{}, true, '\u001b[31m▲\u001b[0m'],
    [{}, false, '▲'],
    [{ NO_COLOR: '1' }, true, '▲'],
    [{ TERM: 'dumb' }, true, '▲'],
  ])('are coloured on a terminal only and never with NO_COLOR: %j %s', (env, isTerminal, expected) => {
    expect(mark('wrong', lookOf({ env, isTerminal, columns: 80, utf8: true }))).toBe(expected);
  });
});

describe('times', () => {
  it.each([
    [Date.UTC(2026, 10, 18, 23, 59), '23:59'],
    [Date.UTC(2026, 10, 19, 6, 0), 'Thu 06:00'],
    [Date.UTC(2026, 10, 8, 15, 20), 'Sun 8 Nov 15:20'],
    [Date.UTC(2025, 10, 8, 15, 20), 'Sat 8 Nov 2025 15:20'],
  ])('are as short as they can be: %i', (at, said) => {
    expect(sayMoment(at, NOW)).toBe(said);
  });

  it('look alike in a column', () => {
    expect(sayDate(NOW, NOW)).toBe('Wed 18 Nov 02:32');
  });

  it('say how long a deadline is away, or over', () => {
    expect(sayLeft(NOW + minutes(41) + seconds(20), NOW)).toBe('41 min left');
    expect(sayLeft(NOW + seconds(90), NOW)).toBe('1 min 30 s left');
    expect(sayLeft(NOW - minutes(7), NOW)).toBe('7 min overdue');
  });
});

describe('what others wrote', () => {
  it('is never obeyed by the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
        expect(tame(given)).not.toMatch(unsafe);
        expect(writeJson({ given })).not.toMatch(unsafe);
        expect(JSON.parse(writeJson({ given }))).toEqual({ given });
      }),
    );
  });

  it('becomes moments and durations only where the API says so', () => {
    const at = '2026-11-18T02:32:00.000Z';
    const json = {
      at,
      title: at,
      data_age: '4m3s',
      subject: '5m',
      result: { started_at: at, some_key: '\u001b' },
      then_asks: 'L3',
    };
    expect(revive(json)).toEqual({
      at: NOW,
      title: at,
      dataAge: 243_000,
      subject: '5m',
      result: { started_at: at, some_key: '\\u001b' },
      then: 'L3',
    });
  });
});
