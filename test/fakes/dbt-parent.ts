import { createDbtCommand } from '../../src/adapters/dbt/index.ts';

/** A process that starts a dbt command as the daemon does, says so, and waits to be killed. */
const { dir, cwd, envFile, argv, context } = JSON.parse(process.argv[2] ?? '{}');
const command = createDbtCommand({
  dir,
  cwd,
  envFile,
  modelErrorsUnderTarget: async () => new Set(),
  deliver: async () => undefined,
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
});
await command.start(
  { environment: 'production', argv, toVersion: 'tree' },
  context,
  new AbortController().signal,
);
process.stdout.write('started\n');
setInterval(() => undefined, 1_000);
