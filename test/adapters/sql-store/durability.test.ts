import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openForTools } from '../../../src/adapters/sql-store/index.ts';
import { Refusal } from '../../../src/core/errors.ts';
import { aSignal } from '../../contract/store/samples.ts';
import { aStateFile, openAt } from './places.ts';

const STATE_PROCESS = fileURLToPath(new URL('./state-process.ts', import.meta.url));

/** Another process on the state file, once it has it open; `lines` grows with what it says. */
async function anotherProcess(path: string, load: 'hold' | 'write') {
  const child = spawn(execPath, [STATE_PROCESS, path, load], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const ended = once(reader, 'close');
  reader.on('line', (line) => lines.push(line));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  await once(reader, 'line');
  return { pid: child.pid, lines, reader, kill };
}

describe('A state file', () => {
  it('is refused to a second daemon in one line that names the first, and free once that one was killed', async () => {
    const path = aStateFile();
    const other = await anotherProcess(path, 'hold');
    const refused = await openAt(path).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ is: 'conflict', code: 'state-in-use' });
    expect(String(refused)).toContain(`process ${other.pid} since 1970-01-01T00:00:00.000Z`);
    expect(String(refused)).not.toContain('\n');

    await other.kill();
    const store = await openAt(path);
    await store.switches.set('mine', 'now');
    expect(await store.switches.get('mine')).toBe('now');
  });

  it('is refused to a second daemon in the same process too, until the first closed it', async () => {
    const path = aStateFile();
    const first = await openAt(path);
    await expect(openAt(path)).rejects.toMatchObject({ code: 'state-in-use' });
    await first.close();
    await openAt(path);
  });

  it('keeps every write that was acknowledged before kill -9', async () => {
    const path = aStateFile();
    const writer = await anotherProcess(path, 'write');
    while (writer.lines.length < 500) await once(writer.reader, 'line');
    await writer.kill();
    const acknowledged = writer.lines.slice(1);
    const store = await openAt(path);
    const kept = new Set(
      (await store.signals.after('production', 0, 1_000_000)).map((stored) => stored.value.id),
    );
    expect(acknowledged.length).toBeGreaterThanOrEqual(499);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  });

  it('can be used by a command beside the daemon that has it', async () => {
    const path = aStateFile();
    const daemon = await openAt(path);
    const tools = await openForTools(path);
    onTestFinished(() => tools.close());
    await Promise.all([tools.switches.set('from', 'tools'), daemon.signals.add([aSignal()])]);
    expect(await daemon.switches.get('from')).toBe('tools');
    expect(await tools.signals.after('production', 0, 10)).toHaveLength(1);
  });

  it('is made ready by a command where no daemon ever ran, and left free', async () => {
    const path = aStateFile();
    const tools = await openForTools(path);
    onTestFinished(() => tools.close());
    await tools.switches.set('from', 'tools');
    const daemon = await openAt(path);
    expect(await daemon.switches.get('from')).toBe('tools');
  });
});
