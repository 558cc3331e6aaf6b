import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { openInbox } from '../../src/demo/inbox.ts';
import { type DemoOptions, runDemo } from '../../src/demo/index.ts';
import { createTeller } from '../../src/demo/teller.ts';
import { StoryBroken, waitFor } from '../../src/demo/waiting.ts';
import { removeDirectory } from '../fakes/directory.ts';

const abort = new AbortController().signal;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollbackd-demo-'));
});
afterEach(() => removeDirectory(directory));

/** The same two lines in one look. */
function told(look: { utf8: boolean; colour: boolean }): string[] {
  let text = '';
  const teller = createTeller({
    out: (more) => {
      text += more;
    },
    since: 1_000,
    ...look,
  });
  teller.line({ at: 2_500, shape: 'well', stage: 'act', text: '1 of 6  pause the schedule', took: 1_240 });
  teller.reason(
    'new',
    'it passed in all of the runs of dbt that there ever were under the deployment before this one',
  );
  return text.split('\n');
}

describe('the story on a screen', () => {
  test('has seconds, shape, stage, sentence, and how long it took at the right edge', () => {
    const [line = '', why = '', more = ''] = told({ utf8: true, colour: false });

    expect(line).toMatch(/^ {3}1\.5 s {2}● {2}act {7}1 of 6 {2}pause the schedule {2,}1\.2 s$/);
    expect(line).toHaveLength(100);
    expect(why).toMatch(/^ {25}new {7}it passed in all/);
    expect(more).toMatch(/^ {35}\S/);
    expect(why.length).toBeLessThanOrEqual(100);
  });

  test('keeps its columns without UTF-8', () => {
    const [line = ''] = told({ utf8: false, colour: false });

    expect(line).toMatch(/^ {3}1\.5 s {2}ok {2}act/);
    expect(line).toHaveLength(100);
  });

  test('repeats the shape in colour where that is wanted, and says nothing by colour alone', () => {
    const plain = told({ utf8: true, colour: false });
    const coloured = told({ utf8: true, colour: true });

    expect(coloured[0]).toContain('\u001b[32m●\u001b[0m');
    expect(coloured.map((line) => line.replaceAll(/\u001b\[\d+m/g, ''))).toEqual(plain);
  });
});

describe('waiting', () => {
  test('ends with what was waited for when it takes too long', async () => {
    const waited = waitFor('the tide', () => undefined, { within: 20, abort });

    await expect(waited).rejects.toThrow(new StoryBroken('waited 20 ms in vain for the tide'));
  });

  test('goes on as soon as there is something', async () => {
    let looks = 0;
    const seen = await waitFor('the second look', () => (++looks < 2 ? undefined : looks), {
      within: 5_000,
      abort,
    });

    expect(seen).toBe(2);
  });

  test('ends at once when the reader does not want to wait', async () => {
    await expect(
      waitFor('anything', () => undefined, { within: 5_000, abort: AbortSignal.abort() }),
    ).rejects.toThrow();
  });
});

test('the inbox keeps each mail as a file, with its envelope and its Message-ID', async () => {
  const inbox = await openInbox(join(directory, 'inbox'));
  const transport = createTransport({ host: '127.0.0.1', port: inbox.port, ignoreTLS: true });
  await transport.sendMail({
    from: 'rollbackd@example.com',
    to: 'oncall@example.com',
    subject: 'INC-1 is open',
    messageId: '<inc-1@example.com>',
    text: 'Message-ID: <another@example.com>',
  });
  transport.close();
  const [mail] = inbox.mails();
  await inbox.close();

  expect(mail).toMatchObject({
    messageId: '<inc-1@example.com>',
    to: ['oncall@example.com'],
    subject: 'INC-1 is open',
  });
  expect(await readFile(mail?.file ?? '', 'utf8')).toContain('To: oncall@example.com');
});

describe('a demo that cannot begin', () => {
  const refused = async (changes: Partial<DemoOptions>) => {
    let said = '';
    const code = await runDemo({
      root: fileURLToPath(new URL('../..', import.meta.url)),
      directory: join(directory, '.demo'),
      once: true,
      realDbt: false,
      out: () => {},
      err: (text) => {
        said += text;
      },
      isTerminal: false,
      utf8: true,
      colour: false,
      env: process.env,
      abort,
      nodePath: process.execPath,
      startDaemon: () =>
        Promise.reject(new Refusal('conflict', 'locked', 'Another daemon uses this state file')),
      ...changes,
    });
    return { code, said };
  };

  test('ends with 1 and the reason that the daemon gives', async () => {
    expect(await refused({})).toEqual({ code: 1, said: 'Another daemon uses this state file\n' });
  });

  test('says that git is missing where it is', async () => {
    const { code, said } = await refused({ env: { PATH: directory } });

    expect(code).toBe(1);
    expect(said).toBe('The demo needs git. Install git 2.32 or newer.\n');
  });
});
