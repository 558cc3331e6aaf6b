import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { programFor } from '../../src/cli/program.ts';
import { shellOf } from '../../src/cli/shell.ts';
import { OutsideError, Refusal } from '../../src/core/errors.ts';
import { terminal } from './terminal.ts';

const names = COMMANDS.map((command) => command.name);

describe('the command line', () => {
  it('lists every command in its help', async () => {
    const { run, stdout } = terminal();
    expect(await run('--help')).toBe(0);
    for (const name of names) expect(stdout()).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each(names)('explains %s, with an example', async (name) => {
    const { run, stdout, stderr } = terminal();
    expect([await run(name, '--help'), stderr()]).toEqual([0, '']);
    expect(stdout()).toMatch(new RegExp(`\\nExample:\\n  \\$ rollbackd ${name}`));
  });

  it('explains every subcommand, with an example', async () => {
    for (const name of names) {
      const { io } = terminal();
      const program = await programFor(
        [name],
        shellOf(io, () => undefined),
      );
      const command = program.commands.find((each) => each.name() === name);
      for (const sub of command?.commands ?? []) {
        const { run, stdout } = terminal();
        expect(await run(name, sub.name(), '--help')).toBe(0);
        expect(stdout(), `${name} ${sub.name()}`).toContain(`$ rollbackd ${name}`);
      }
    }
  });

  it.each([
    [['statsu'], 'unknown command "statsu"\n  Did you mean status?'],
    [['status', '--outptu', 'json'], 'unknown option "--outptu"\n  Did you mean --output?'],
    [['deployments', 'mrak'], 'unknown command "deployments mrak"\n  did you mean "mark"?'],
    [['rules', 'tset'], 'unknown command "tset"'],
    [['status', '--output', 'xml'], 'Allowed choices are text, json.'],
    [['approve'], 'missing required argument "incident"'],
    [['approve', 'last'], 'It is no incident: write it like INC-12.'],
    [['reject', 'INC-1'], 'required option "-r, --reason <text>" not specified'],
    [['incidents', '--last', 'month'], 'It is no duration'],
    [['plan'], 'plan needs an incident or an environment.'],
    [['push', '-e', 'production'], 'push needs a file to send.'],
    [['allow', '4b7e03d', '-i', 'INC-1'], 'is not a whole commit of 40 digits'],
    [['deployments', 'mark', '4b7e03d', 'fine', '-r', 'x'], '"fine" is no verdict.'],
    [['freeze', 'production', '--until', 'tomorrow', '-r', 'x'], '"tomorrow" is no moment.'],
    [['freeze', 'production', '--until', '2020-01-01T00:00Z', '-r', 'x'], 'is over.'],
    [['token', 'create', '-n', 'x', '-s', 'root'], '"root" is no scope'],
    [['status', '--url', 'nonsense'], '"nonsense" is no address of rollbackd.'],
  ])('refuses %j with exit code 2 and a hint', async (argv, text) => {
    const { run, stdout, stderr } = terminal();
    expect([await run(...argv), stdout()]).toEqual([2, '']);
    expect(stderr()).toMatch(/^error: /);
    expect(stderr()).toContain(text);
  });

  it('shows its help on stderr where nothing was asked', async () => {
    const { run, stdout, stderr } = terminal();
    expect([await run(), stdout()]).toEqual([2, '']);
    expect(stderr()).toContain('Usage: rollbackd COMMAND');
  });

  it('says its version', async () => {
    const { run, stdout } = terminal();
    expect([await run('--version'), stdout()]).toEqual([0, '0.1.0\n']);
  });

  it('says how to start a daemon that does not answer', async () => {
    const { run, stderr } = terminal();
    expect(await run('status')).toBe(1);
    expect(stderr()).toBe(
      'error: rollbackd does not answer at http://127.0.0.1:8790 (ECONNREFUSED).\n  Start it with: rollbackd serve\n',
    );
  });

  it.each([
    [
      new Refusal('conflict', 'state-in-use', 'Another rollbackd has this state.', 'Stop it first.'),
      'error: Another rollbackd has this state.\n  Stop it first.\n',
    ],
    [new OutsideError('sqlite', 'refused', 'The disk is full.'), 'error: The disk is full.\n'],
  ])('says in one line what refuses or fails outside: %s', async (error, text) => {
    const { run, stderr } = terminal({ backup: async () => Promise.reject(error) });
    expect([await run('backup', 'x.db'), stderr()]).toEqual([1, text]);
  });

  it('lets a bug of its own be one', async () => {
    const { run } = terminal({
      doctor: async () => {
        throw new Error('a bug');
      },
    });
    await expect(run('doctor')).rejects.toThrow('a bug');
  });
});

describe('what needs no daemon', () => {
  it('hands serve and demo their options and gives their exit codes', async () => {
    const asked: unknown[] = [];
    const { run } = terminal({
      serve: async (options) => {
        asked.push(options);
        return 1;
      },
      demo: async (options) => {
        asked.push(options);
        return 0;
      },
    });
    expect(await run('serve', '--config', 'etc/r.yaml')).toBe(1);
    expect(await run('demo', '--once')).toBe(0);
    expect(asked).toEqual([{ config: '/home/ann/etc/r.yaml' }, { once: true, realDbt: false }]);
  });

  it.each([
    ['well', 0],
    ['unknown', 0],
    ['wrong', 1],
  ] as const)('lets doctor end with %s as %i', async (shape, code) => {
    const { run, stdout } = terminal({
      doctor: async () => [{ system: 'git', shape, sentence: 'clone fetched', help: [] }],
    });
    expect(await run('doctor')).toBe(code);
    expect(stdout()).toContain('clone fetched');
  });

  it.each([
    ['error', 1, '1 error. Nothing was started.'],
    ['lint', 3, '3 environments.'],
  ] as const)('lets check end with an %s as %i', async (severity, code, text) => {
    const diagnostic = {
      severity,
      file: 'rollbackd.yaml',
      line: 31,
      column: 7,
      length: 8,
      message: 'unknown key "approver"',
      hint: 'did you mean "approvers"?',
      note: null,
      source: '      approver: team-lead',
    };
    const { run, stdout } = terminal({
      checkSettings: async () => ({ diagnostics: [diagnostic], sentence: '3 environments.' }),
    });
    expect(await run('check')).toBe(code);
    expect(stdout()).toContain(
      '31 |       approver: team-lead\n   |       ^^^^^^^^ did you mean "approvers"?',
    );
    expect(stdout()).toContain(text);
  });

  it('shows the configuration, and on stderr why it cannot', async () => {
    const shown = terminal();
    expect([await shown.run('config', 'show'), shown.stdout()]).toEqual([0, 'token: <secret>\n']);
    const broken = terminal({ showSettings: async () => ({ diagnostics: [], text: null, json: null }) });
    expect([await broken.run('config', 'show'), broken.stdout()]).toEqual([1, '']);
  });

  it('writes the text of a new token alone to stdout', async () => {
    const { run, stdout, stderr } = terminal();
    expect(await run('token', 'create', '--name', 'ci', '--scope', 'deploy,read')).toBe(0);
    expect(stdout()).toBe('rbd_text\n');
    expect(stderr()).toContain('Token tok-1 for ci: deploy, read.');
  });

  it('says that there is no such token to revoke', async () => {
    const { run, stderr } = terminal();
    expect(await run('token', 'revoke', 'tok-9')).toBe(1);
    expect(stderr()).toContain('There is no token tok-9');
  });

  it('copies the state', async () => {
    const { run, stdout } = terminal();
    expect(await run('backup', 'copy.db')).toBe(0);
    expect(stdout()).toContain('The state was copied to /home/ann/copy.db, 41.0 MB.');
  });
});
