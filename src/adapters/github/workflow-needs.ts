import { posix } from 'node:path';
import type { WorkflowFile, WorkflowJob, WorkflowScript } from './workflow-file.ts';

/** A file without which a run fails, and where the workflow says so. */
export interface NeededFile {
  readonly path: string;
  readonly at: 'chosen' | 'branch';
  /** `step "Verify packages" ends without it`. */
  readonly because: string;
}

/**
 * Files that a workflow's scripts insist on, as far as that is easily read: what is tested for and ends the step where
 * it is not there, lists of packages to install, dbt's profiles. What it makes or brings itself is not among them.
 */
export function neededFiles({ jobs }: WorkflowFile): readonly NeededFile[] {
  const all = jobs.flatMap(({ scripts }) => scripts.map(({ text }) => text)).join('\n');
  const found = jobs
    .filter((job) => !job.bringsFiles && !job.isConditional)
    .flatMap((job) => job.scripts.flatMap((script) => neededIn(job, script)))
    .filter(({ path }) => !isMade(posix.basename(path), all));
  return found.filter(({ path }, index) => found.findIndex((each) => each.path === path) === index);
}

function neededIn({ checksOut: at }: WorkflowJob, script: WorkflowScript): readonly NeededFile[] {
  const needed: NeededFile[] = [];
  const statements = statementsOf(script.text);
  let directory = script.directory;
  statements.forEach((statement, index) => {
    const moved = /^(?:cd|pushd)\s+(\S+)/.exec(statement)?.[1];
    if (moved !== undefined) directory = within(directory, moved);
    if (/^popd\b/.test(statement)) directory = null;
    for (const { file, why } of insistedOn(statements, index)) {
      const path = within(directory, file);
      if (path !== null && !path.startsWith('..'))
        needed.push({ path, at, because: `its step "${script.step}" ${why}` });
    }
  });
  return needed;
}

interface Insisted {
  readonly file: string;
  readonly why: string;
}

function insistedOn(statements: readonly string[], index: number): readonly Insisted[] {
  const statement = statements[index] ?? '';
  const tested = testedIn(statements, index);
  if (tested !== undefined) return [{ file: tested, why: 'ends without it' }];
  const listed = /\bpip3?\s+install\b.*?\s(?:-r|--requirement)[\s=]+(\S+)/.exec(statement)?.[1];
  if (listed !== undefined) return [{ file: unquoted(listed), why: 'installs what it lists' }];
  const profiles = /\bdbt\s.*--profiles-dir[\s=]+(\S+)/.exec(statement)?.[1];
  if (profiles === undefined) return [];
  return [{ file: `${unquoted(profiles)}/profiles.yml`, why: 'runs dbt with it' }];
}

const TEST =
  /^((?:if|elif)\s+)?(!\s*)?(?:\[\[?\s+|test\s+)(!\s+)?-[fsr]\s+("[^"]*"|'[^']*'|[^\s"'\]]+)(?:\s+\]\]?)?\s*(.*)$/;

/** The file that a test insists on: without it the script ends with an error. */
function testedIn(statements: readonly string[], index: number): string | undefined {
  const [, isIf, outer, inner, file, rest = ''] = TEST.exec(statements[index] ?? '') ?? [];
  if (file === undefined) return undefined;
  const isNegated = (outer === undefined) !== (inner === undefined);
  if (isIf !== undefined) {
    if (rest !== '') return undefined;
    const { then, otherwise } = branchesOf(statements, index + 1);
    return (isNegated ? then : otherwise).some(fails) ? unquoted(file) : undefined;
  }
  const [sign = '', ...more] = rest.split(/\s+/);
  if (sign === '') return isNegated ? undefined : unquoted(file);
  if (sign !== (isNegated ? '&&' : '||')) return undefined;
  const first = more.join(' ');
  const block = first.startsWith('{') ? [first, ...blockOf(statements, index + 1)] : [first];
  return block.some(fails) ? unquoted(file) : undefined;
}

function branchesOf(statements: readonly string[], from: number) {
  const then: string[] = [];
  const otherwise: string[] = [];
  let depth = 0;
  let branch = then;
  for (const statement of statements.slice(from)) {
    if (depth === 0 && /^fi\b/.test(statement)) break;
    if (depth === 0 && /^el(?:se|if)\b/.test(statement)) branch = otherwise;
    if (/^if\s/.test(statement)) depth += 1;
    if (/^fi\b/.test(statement)) depth -= 1;
    // What is done only under a further condition is not certain.
    if (depth === 0) branch.push(statement);
  }
  return { then, otherwise };
}

function blockOf(statements: readonly string[], from: number): readonly string[] {
  const end = statements.findIndex((statement, index) => index >= from && statement.startsWith('}'));
  return statements.slice(from, end === -1 ? from : end);
}

function fails(statement: string): boolean {
  return /(?:^|[\s{&|])(?:exit\s+[1-9]\d*|false)\s*\}?\s*$/.test(statement);
}

/** Lines and what semicolons part, without comments and without the words that open a branch. */
function statementsOf(script: string): readonly string[] {
  const root = /\$\{\{\s*github\.workspace\s*\}\}|\$\{GITHUB_WORKSPACE\}|\$GITHUB_WORKSPACE\b/g;
  return script
    .replaceAll(root, ROOT)
    .replaceAll(/\\\n/g, ' ')
    .replaceAll(/((?:^|\n|;)\s*(?:cd|pushd)\s+\S+)\s*&&/g, '$1\n')
    .replaceAll(/((?:^|\n|;)\s*else)\s+(?=\S)/g, '$1\n')
    .split(/\n|;(?!;)/)
    .map((part) => part.trim().replace(/^(?:then|do)\s+(?=\S)/, ''))
    .filter((part) => part !== '' && !part.startsWith('#'));
}

const ROOT = '/repository';

function within(directory: string | null, path: string): string | null {
  const bare = unquoted(path);
  if (bare === ROOT || bare.startsWith(`${ROOT}/`))
    return posix.normalize(bare.slice(ROOT.length + 1) || '.');
  if (directory === null || /[$`~*?]|^\//.test(bare)) return null;
  return posix.normalize(posix.join(directory, bare));
}

function unquoted(word: string): string {
  return word.replaceAll(/^["']|["']$/g, '');
}

/** Whether a script writes, copies or fetches a file of that name. */
function isMade(name: string, scripts: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const made = `(?:>>?\\s*|\\btee\\s+(?:-a\\s+)?|\\btouch\\s+|\\s-[oO]\\s*|\\b(?:cp|mv|ln)\\s.*)["']?[^\\s"']*`;
  return new RegExp(`${made}${escaped}(?![\\w.-])`).test(scripts);
}
