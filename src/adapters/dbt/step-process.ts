import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** The process of a step, as its own wrapper wrote it down before the command began. */
export interface StepProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with the boot, it tells this process from a later one with the same number. */
  readonly startTime: string;
  readonly boot: string;
}

const StepProcess = z.object({ pid: z.int().positive(), startTime: z.string(), boot: z.string() });

/** Names in a step's directory. */
export const STEP_FILES = {
  process: 'process.json',
  exit: 'exit',
  log: 'output.log',
  target: 'target',
} as const;

/**
 * Runs the command given as positional parameters (nothing is ever put into this text), so that its exit code is
 * known even when we are gone. `set -C` makes the first file a lock: of two wrappers for one step, one leaves at once.
 * The trap keeps the wrapper alive through a signal that is meant for the command.
 */
export const WRAPPER = `
dir=$1
shift
set -C
started=$(read -r line </proc/$$/stat && set -- \${line##*) } && printf %s "\${20}")
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
{ printf '{"pid":%s,"startTime":"%s","boot":"%s"}\\n' "$$" "$started" "$boot" >"$dir/${STEP_FILES.process}"; } 2>/dev/null || exit 0
trap : HUP INT TERM
"$@"
code=$?
printf %s "$code" >"$dir/${STEP_FILES.exit}.$$"
mv -f "$dir/${STEP_FILES.exit}.$$" "$dir/${STEP_FILES.exit}"
`;

/** The recorded process of a step; undefined where none is, or not completely yet. */
export async function readProcess(directory: string): Promise<StepProcess | undefined> {
  const text = await readFile(join(directory, STEP_FILES.process), 'utf8').catch(() => '');
  if (!text.endsWith('\n')) return undefined;
  const parsed = StepProcess.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** The recorded exit code of a step; undefined where its command has not ended by itself. */
export async function readExit(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, STEP_FILES.exit), 'utf8').catch(() => '');
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

/** Whether the process of a step, or anything it started, still runs. */
export function isAlive({ pid, startTime, boot }: StepProcess): boolean {
  if (boot !== '' && boot !== readText('/proc/sys/kernel/random/boot_id')) return false;
  const leader = statOf(pid);
  if (leader !== undefined && leader.startTime !== startTime) return false;
  if (leader !== undefined && leader.state !== 'Z') return true;
  // The wrapper is gone, killed or not yet reaped; the command it started may not be.
  return readdirSync('/proc').some((name) => {
    const one = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    return one?.group === pid && one.state !== 'Z';
  });
}

/** Sends a signal to the whole group of a step; nothing when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function statOf(pid: number) {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], group: Number(fields[2]), startTime: fields[19] };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
