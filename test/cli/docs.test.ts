import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { programFor } from '../../src/cli/program.ts';
import { shellOf } from '../../src/cli/shell.ts';
import { terminal } from './terminal.ts';

const text = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const sections = text.split(/^### /m).slice(1);
const everywhere = text.slice(0, text.indexOf('\n## Look'));

/** Every command that can be typed, with the long names of its options. */
async function typed(): Promise<{ name: string; options: readonly string[] }[]> {
  const all: { name: string; options: readonly string[] }[] = [];
  for (const { name } of COMMANDS) {
    const program = await programFor(
      [name],
      shellOf(terminal().io, () => undefined),
    );
    const command = program.commands.find((each) => each.name() === name);
    const subs = command?.commands ?? [];
    for (const each of subs.length === 0 && command !== undefined ? [command] : subs) {
      const isDefault = name === 'deployments' && each.name() === 'list';
      const full = each === command || isDefault ? name : `${name} ${each.name()}`;
      all.push({ name: full, options: each.options.flatMap((option) => option.long ?? []) });
    }
  }
  return all;
}

describe('docs/cli.md', () => {
  it('has every command with every option of it, and no other', async () => {
    const commands = await typed();
    const headings = sections.map((section) => /^`rollbackd ([a-z]+(?: [a-z]+)?)/.exec(section)?.[1]);
    expect(headings).toEqual(commands.map((command) => command.name));
    for (const [index, { name, options }] of commands.entries()) {
      for (const option of options)
        expect(`${everywhere}${sections[index]}`, `${name} ${option}`).toContain(option);
    }
  });

  it('shows examples that the command line understands', async () => {
    const examples = [...text.matchAll(/^rollbackd (.+)$/gm)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(COMMANDS.length);
    for (const example of examples) {
      const argv =
        (example.split(' > ')[0] ?? '')
          .replace('"$(git rev-parse HEAD)"', 'c'.repeat(40))
          .match(/"[^"]*"|\S+/g) ?? [];
      const { run, stderr } = terminal();
      const code = await run(...argv.map((each) => each.replaceAll('"', '')));
      const known = example === 'rules check' || example.startsWith('rules ') ? [0, 1, 2] : [0, 1];
      expect(known, `${example}: ${stderr()}`).toContain(code);
      expect(stderr()).not.toMatch(/unknown (command|option)|missing required|not specified/);
    }
  });
});
