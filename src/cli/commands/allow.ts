import type { Command } from 'commander';
import { answer } from '../api.ts';
import { wrongUsage } from '../failure.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { sayCommit } from '../words.ts';

interface AllowOptions extends DaemonOptions {
  readonly incident: string;
}

/** `rollbackd allow COMMIT --incident INC-12`. All 40 digits: the fix may be a commit that rollbackd has not seen yet. */
export function define(command: Command, shell: Shell): void {
  command.argument('<commit>', 'the fix, all 40 digits');
  withDaemon(command).requiredOption(
    '-i, --incident <id>',
    'the incident that closed the gate',
    incidentArgument,
  );
  withExample(command, 'allow "$(git rev-parse HEAD)" --incident INC-12');
  command.action(async (commit: string, options: AllowOptions) => {
    if (!/^[0-9a-f]{40}$/.test(commit))
      throw wrongUsage(
        `"${commit}" is not a whole commit of 40 digits.`,
        `Get it with: git rev-parse ${commit}`,
      );
    const client = await clientFor(shell, options);
    const path = `/api/v1/incidents/${options.incident}/allow`;
    const { json } = answer(await client({ method: 'POST', path, body: { commit } }), ['commit']);
    const sentence = `${sayCommit(commit)} may pass the gate that ${options.incident} closed; every other commit may not.`;
    show(shell, options, {
      json,
      lines: [sentence, '', `Next: deploy it, then rollbackd explain ${options.incident}`],
    });
  });
}
