import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { OutsideError } from '../core/errors.ts';
import type { RuleFile } from '../rules/load-rules.ts';
import type { Surroundings } from './secret-setting.ts';

/** A larger file is not one that a person wrote; what is too large is refused with its name afterwards. */
const MOST_BYTES = 8_000_000;

/** A file's text, or why there is none, as people say it: `no such file`. */
export function readText(path: string): { readonly text: string } | { readonly why: string } {
  try {
    if (statSync(path).size > MOST_BYTES) return { why: 'it is too large' };
    return { text: readFileSync(path, 'utf8').replace(/^\ufeff/, '') };
  } catch (error) {
    return { why: whyNot(error) };
  }
}

/** Rule files under the given files and directories, in the order of their names, each once. */
export function readRuleFiles(paths: readonly string[]): {
  readonly files: readonly RuleFile[];
  readonly missing: readonly { readonly path: string; readonly why: string }[];
} {
  const files = new Map<string, RuleFile>();
  const missing: { path: string; why: string }[] = [];
  for (const path of paths) {
    const found = filesUnder(path);
    if ('why' in found) missing.push({ path, why: found.why });
    else for (const each of found.files) readInto(files, each, missing);
  }
  return { files: [...files.values()], missing };
}

function readInto(
  files: Map<string, RuleFile>,
  path: string,
  missing: { path: string; why: string }[],
): void {
  const read = readText(path);
  if ('why' in read) missing.push({ path, why: read.why });
  else files.set(resolve(path), { path: shown(path), text: read.text });
}

function filesUnder(path: string): { readonly files: readonly string[] } | { readonly why: string } {
  try {
    if (!statSync(path).isDirectory()) return { files: [path] };
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
    const yaml = names.filter(
      (name) => /\.ya?ml$/.test(name) && !name.split(/[/\\]/).some((part) => part.startsWith('.')),
    );
    return { files: yaml.sort().map((name) => join(path, name)) };
  } catch (error) {
    return { why: whyNot(error) };
  }
}

/** How rollbackd.yaml reaches the files beside it. */
export function surroundingsOf(file: string): Surroundings {
  const directory = dirname(resolve(file));
  return {
    resolve: (path) => resolve(directory, path),
    readSecret(path) {
      const read = readText(path);
      if ('text' in read) return read.text.trim();
      throw new OutsideError('secret file', 'unreachable', `${path}: ${read.why}`);
    },
  };
}

/** A path as people gave it or see it: from here, where it lies below here. */
export function shown(path: string): string {
  const here = relative('.', path);
  return here.startsWith('..') || isAbsolute(here) || here === '' ? path : here;
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  return code === 'EISDIR' ? 'it is a directory' : `it cannot be read (${code})`;
}
