import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
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
 * the disk before that goes out. After a death in between it is the only witness.
 */
export interface DispatchNotes {
  /** Undefined where none was made; `unreadable` where it was, and cannot be read: then GitHub may have been asked. */
  read(step: NotedStep): Promise<DispatchNote | 'unreadable' | undefined>;
  /** Whatever stands under a key, of whichever life. */
  last(key: StepKey): Promise<DispatchNote | undefined>;
  /** On the disk when it returns. */
  write(note: DispatchNote): Promise<void>;
  remove(key: StepKey): Promise<void>;
  /** Notes of other steps about the same workflow. */
  others(note: { readonly key: StepKey; readonly workflow: string }): Promise<readonly DispatchNote[]>;
}

/** Keeps notes in a directory of our own. */
export function createDispatchNotes(directory: string): DispatchNotes {
  const fileOf = (key: StepKey) => join(directory, `${encodeURIComponent(key)}.json`);
  return {
    async read({ key, startedAt }) {
      const note = await readNote(fileOf(key));
      return note === undefined || note === 'unreadable' || note.startedAt === startedAt ? note : undefined;
    },
    async last(key) {
      const note = await readNote(fileOf(key));
      return note === 'unreadable' ? undefined : note;
    },
    write: (note) => writeNote(directory, fileOf(note.key), note),
    remove: (key) => rm(fileOf(key), { force: true }),
    async others({ key, workflow }) {
      const notes = await allNotes(directory);
      return notes.filter((each) => each.key !== key && each.workflow === workflow);
    },
  };
}

/** Runs that we started, by id: what becomes of them is a rollback's matter, no news of a deployment. */
export async function runsStartedByUs(directory: string): Promise<ReadonlySet<string>> {
  const notes = await allNotes(directory);
  return new Set(notes.flatMap((note) => (note.is === 'run' ? [note.run] : [])));
}

async function allNotes(directory: string): Promise<readonly DispatchNote[]> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json'));
  const notes = await Promise.all(files.map((name) => readNote(join(directory, name))));
  return notes.filter((note) => note !== undefined && note !== 'unreadable');
}

async function readNote(file: string): Promise<DispatchNote | 'unreadable' | undefined> {
  try {
    const read = Note.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return read.success ? read.data : 'unreadable';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : 'unreadable';
  }
}

/** Replaced as a whole, and the name with it: power that fails leaves the old note or the new one. */
async function writeNote(directory: string, file: string, note: DispatchNote): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = await open(`${file}.new`, 'w', 0o600);
  try {
    await draft.writeFile(`${JSON.stringify(note)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.new`, file);
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
