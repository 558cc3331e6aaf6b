import { parseDocument } from 'yaml';
import * as z from 'zod';
import { cut, plain } from '../../core/wording.ts';

/** One input that a workflow can be started with. */
export interface WorkflowInput {
  readonly name: string;
  readonly required: boolean;
  /** `string`, `choice`, `boolean`, `number`, `environment`. */
  readonly type: string;
  /** Of a choice. */
  readonly options: readonly string[];
  readonly hasDefault: boolean;
}

/** What a job does in a shell. */
export interface WorkflowScript {
  readonly step: string;
  readonly text: string;
  /** Relative to the checkout; null where it cannot be told. */
  readonly directory: string | null;
}

export interface WorkflowJob {
  readonly id: string;
  /** As its runs show it. */
  readonly name: string;
  /** It may be left out without a failure. */
  readonly isConditional: boolean;
  /** What is checked out: what its runs are asked for, or the branch whose file is run. */
  readonly checksOut: 'chosen' | 'branch';
  /** Whether it takes files from elsewhere than the repository. */
  readonly bringsFiles: boolean;
  /** Scripts that always run, and whose failure is the job's. */
  readonly scripts: readonly WorkflowScript[];
}

/** A workflow file, as far as it says what a run of it needs. */
export interface WorkflowFile {
  /** Null: it cannot be started by hand. */
  readonly inputs: readonly WorkflowInput[] | null;
  readonly runName: string;
  readonly jobs: readonly WorkflowJob[];
}

/** Reads a workflow file; text says why it cannot be. */
export function readWorkflowFile(text: string): WorkflowFile | string {
  const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) return `it is no YAML: ${cut(plain(error.message.split('\n')[0] ?? ''), 200)}`;
  const read = File.safeParse(contentOf(document));
  if (!read.success) return 'it does not look like a workflow';
  const { on, 'run-name': runName, jobs, defaults } = read.data;
  return {
    inputs: inputsOf(on),
    runName,
    jobs: Object.entries(jobs).map(([id, job]) => jobOf(id, job, directoryOf(defaults) ?? '.')),
  };
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const text = scalar.catch('');
const Run = z.object({ run: z.object({ 'working-directory': scalar }) }).nullish();
const Defaults = Run.catch(null);
const Condition = scalar.nullish().catch(null);

const Step = z.object({
  name: text,
  uses: text,
  run: text,
  if: Condition,
  'continue-on-error': z.unknown().optional(),
  'working-directory': scalar.nullish().catch(null),
  with: z.record(z.string(), z.unknown()).catch({}),
});

const Job = z.object({
  name: text,
  if: Condition,
  defaults: Defaults,
  steps: z.array(Step).catch([]),
});

const File = z.preprocess(
  // Under YAML 1.1 the key `on` is a truth value, and so it is for some who write workflows by program.
  (root) => (isMap(root) && !('on' in root) && 'true' in root ? { ...root, on: root.true } : root),
  z.object({
    on: z.unknown().optional(),
    'run-name': text,
    defaults: Defaults,
    jobs: z.record(z.string(), Job).catch({}),
  }),
);

const Input = z
  .object({
    required: z.union([z.boolean(), z.literal('true').transform(() => true)]).catch(false),
    type: scalar.catch('string'),
    options: z.array(scalar).catch([]),
    default: z.unknown().optional(),
  })
  .nullable()
  .catch(null);

function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
}

function inputsOf(on: unknown): readonly WorkflowInput[] | null {
  if (on === 'workflow_dispatch') return [];
  if (Array.isArray(on)) return on.includes('workflow_dispatch') ? [] : null;
  if (!isMap(on) || !('workflow_dispatch' in on)) return null;
  const asked = on.workflow_dispatch;
  const inputs = isMap(asked) && isMap(asked.inputs) ? asked.inputs : {};
  return Object.entries(inputs).map(([name, written]) => {
    const input = Input.parse(written);
    return {
      name,
      required: input?.required ?? false,
      type: input?.type ?? 'string',
      options: input?.options ?? [],
      hasDefault: input?.default !== undefined && input?.default !== null,
    };
  });
}

function jobOf(id: string, job: z.output<typeof Job>, above: string): WorkflowJob {
  const { steps } = job;
  const scripts = steps.map(({ run }) => run).join('\n');
  const checkouts = steps.filter(({ uses }) => /^actions\/checkout@/.test(uses));
  const chooses =
    checkouts.some((step) => step.with.ref !== undefined) ||
    /\bgit\s+(?:-C\s+\S+\s+)?(?:checkout|switch|reset|worktree|archive|restore)\b/.test(scripts);
  const within = directoryOf(job.defaults) ?? above;
  return {
    id,
    name: job.name === '' ? id : job.name,
    isConditional: !isAlways(job.if),
    checksOut: chooses ? 'chosen' : 'branch',
    bringsFiles: steps.some(({ uses }) => /^(?:\.\/|actions\/(?:download-artifact|cache))/.test(uses)),
    scripts: steps
      .filter((step) => step.run !== '' && isAlways(step.if) && !step['continue-on-error'])
      .map((step) => ({
        step: step.name === '' ? (step.run.split('\n')[0] ?? '') : step.name,
        text: step.run,
        directory: knownDirectory(step['working-directory'] ?? within),
      })),
  };
}

function isAlways(condition: string | null | undefined): boolean {
  const bare = (condition ?? 'true').replace(/^\s*\$\{\{(.*)\}\}\s*$/, '$1').trim();
  return ['true', 'always()', 'success()', '!cancelled()'].includes(bare);
}

function directoryOf(defaults: z.output<typeof Defaults>): string | null {
  return defaults?.run['working-directory'] ?? null;
}

function knownDirectory(directory: string): string | null {
  return /[$~*]|^\//.test(directory) ? null : directory;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
