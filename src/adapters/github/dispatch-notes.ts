import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { StepKey } from '../../core/plan.ts';
import type { Instant } from '../../core/time.ts';

/** The step that a note belongs to. A key that comes again under another beginning belongs to another life. */
export interface NotedStep {
  readonly key: StepKey;
  readonly startedAt: Instant;
}

const common = {
  key: z.string(),
  startedAt: z.number(),
  /** `owner/name rollback.yml`. */
  workflow: z.string(),
};

const Asking = z.object({
  ...common,
  is: z.literal('asking'),
  /** Right before GitHub was asked, ms. */
  at: z.number(),
  ref: z.string(),
  /** Who we are there; null: it does not say. */
  actor: z.string().nullable(),
  /** Whether a run's title shows its key. */
  echoed: z.boolean(),
  /** Runs that were there before. */
  before: z.array(z.string()),
  /** GitHub said that it took it. */
  accepted: z.boolean(),
  /** Why nobody knows what became of it; null while that is to be seen. */
  because: z.string().nullable(),
});

const Running = z.object({
  ...common,
  is: z.literal('run'),
  at: z.number(),
  run: z.string(),
  /** Whose approval it waited for; null: nobody's, as far as we saw. */
  waitedFor: z.string().nullable(),
  /** Its artifacts were handed on. */
  delivered: z.boolean(),
});

const Refused = z.object({ ...common, is: z.literal('refused'), why: z.string() });

const Note = z.discriminatedUnion('is', [Asking, Running, Refused]);

/** GitHub is asked, or was; from then on it is never asked again under this key. */
export type AskingNote = Readonly<z.output<typeof Asking>>;
/** The run that came of it. */
export type RunNote = Readonly<z.output<typeof Running>>;
/** Nothing was started, for certain. */
export type RefusedNote = Readonly<z.output<typeof Refused>>;
export type DispatchNote = AskingNote | RunNote | RefusedNote;

/**
 * What became of each request to start a workflow: a file for each step's key, written before GitHub is asked and on
 * the disk before that goes out. After a death in between it is the only witness. They are few and small, and read and
 * written without a pause, so that no two environments come between each other's look and note.
 */
export interface DispatchNotes {
  /** Undefined where none was made; `unreadable` where it was, and cannot be read: then GitHub may have been asked. */
  read(step: NotedStep): DispatchNote | 'unreadable' | undefined;
  /** Whatever stands under a key, of whichever life. */
  last(key: StepKey): DispatchNote | undefined;
  /** On the disk when it returns. */
  write(note: DispatchNote): void;
  /** Writes it, unless another step asked for the same workflow later than `since` and still waits for its run. */
  writeInTurn(note: AskingNote, since: Instant): boolean;
  remove(key: StepKey): void;
  /** Notes of other steps about the same workflow. */
  others(step: { readonly key: StepKey; readonly workflow: string }): readonly DispatchNote[];
}

/** Keeps notes in a directory of our own. */
export function createDispatchNotes(directory: string): DispatchNotes {
  const fileOf = (key: StepKey) => join(directory, `${encodeURIComponent(key)}.json`);
  const write = (note: DispatchNote) => writeNote(directory, fileOf(note.key), note);
  const others = ({ key, workflow }: { readonly key: StepKey; readonly workflow: string }) =>
    allNotes(directory).filter((note) => note.key !== key && note.workflow === workflow);
  return {
    read({ key, startedAt }) {
      const note = readNote(fileOf(key));
      return note === undefined || note === 'unreadable' || note.startedAt === startedAt ? note : undefined;
    },
    last(key) {
      const note = readNote(fileOf(key));
      return note === 'unreadable' ? undefined : note;
    },
    write,
    writeInTurn(note, since) {
      const isFree = !others(note).some((other) => waits(other, since));
      if (isFree) write(note);
      return isFree;
    },
    remove: (key) => rmSync(fileOf(key), { force: true }),
    others,
  };
}

/** Whether a step asked later than `since`, and still waits for its run. */
export function waits(note: DispatchNote, since: Instant): boolean {
  return note.is === 'asking' && note.because === null && note.at > since;
}

/** Runs that we started, by id: what becomes of them is a rollback's matter, no news of a deployment. */
export function runsStartedByUs(directory: string): ReadonlySet<string> {
  return new Set(allNotes(directory).flatMap((note) => (note.is === 'run' ? [note.run] : [])));
}

function allNotes(directory: string): readonly DispatchNote[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readNote(join(directory, name)))
    .filter((note) => note !== undefined && note !== 'unreadable');
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readNote(file: string): DispatchNote | 'unreadable' | undefined {
  try {
    const read = Note.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return read.success ? read.data : 'unreadable';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : 'unreadable';
  }
}

/** Replaced as a whole, and the name with it: power that fails leaves the old note or the new one. */
function writeNote(directory: string, file: string, note: DispatchNote): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
