import type { CommandFile } from './shell.ts';

/** One command, before its file is loaded: enough for the help, and to know what was meant. */
export interface CommandEntry {
  readonly name: string;
  readonly group: 'Look' | 'Answer an incident' | 'Act' | 'Set up';
  readonly summary: string;
  readonly load: () => Promise<CommandFile>;
}

/** Every command, in the order of the help. Files are loaded when they are asked for, so that start-up stays small. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'status',
    group: 'Look',
    summary: 'How every environment stands',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'deployments',
    group: 'Look',
    summary: 'What ran, what it was found to be; rule on it',
    load: () => import('./commands/deployments.ts'),
  },
  {
    name: 'signals',
    group: 'Look',
    summary: 'What each source saw last, and which rules look at it',
    load: () => import('./commands/signals.ts'),
  },
  {
    name: 'incidents',
    group: 'Look',
    summary: 'What went wrong lately',
    load: () => import('./commands/incidents.ts'),
  },
  {
    name: 'explain',
    group: 'Look',
    summary: 'Why this was decided and nothing else',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'events',
    group: 'Look',
    summary: 'The story of an incident, event by event',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'plan',
    group: 'Look',
    summary: 'What a rollback would do; changes nothing',
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'report',
    group: 'Look',
    summary: 'The report of an incident, as markdown',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'approve',
    group: 'Answer an incident',
    summary: 'Say yes to what an incident asks',
    load: () => import('./commands/approve.ts'),
  },
  {
    name: 'reject',
    group: 'Answer an incident',
    summary: 'Say no; what runs stays',
    load: () => import('./commands/reject.ts'),
  },
  {
    name: 'ack',
    group: 'Answer an incident',
    summary: 'I am on it: stops the escalation, decides nothing',
    load: () => import('./commands/ack.ts'),
  },
  {
    name: 'abort',
    group: 'Answer an incident',
    summary: 'Stop what an incident is doing',
    load: () => import('./commands/abort.ts'),
  },
  {
    name: 'resolve',
    group: 'Answer an incident',
    summary: 'End an incident that needs a person',
    load: () => import('./commands/resolve.ts'),
  },
  {
    name: 'comment',
    group: 'Answer an incident',
    summary: 'Add to the story of an incident',
    load: () => import('./commands/comment.ts'),
  },
  {
    name: 'rollback',
    group: 'Act',
    summary: 'Order a rollback yourself',
    load: () => import('./commands/rollback.ts'),
  },
  {
    name: 'allow',
    group: 'Act',
    summary: 'Let the fix through a closed gate',
    load: () => import('./commands/allow.ts'),
  },
  {
    name: 'freeze',
    group: 'Act',
    summary: 'Nothing is deployed or rolled back for a while',
    load: () => import('./commands/freeze.ts'),
  },
  { name: 'unfreeze', group: 'Act', summary: 'Lift a freeze', load: () => import('./commands/unfreeze.ts') },
  {
    name: 'arm',
    group: 'Act',
    summary: 'Let rollbackd act in an environment',
    load: () => import('./commands/arm.ts'),
  },
  {
    name: 'disarm',
    group: 'Act',
    summary: 'The kill switch: nothing acts any more',
    load: () => import('./commands/disarm.ts'),
  },
  {
    name: 'push',
    group: 'Act',
    summary: 'Send the artifacts of a dbt run',
    load: () => import('./commands/push.ts'),
  },
  {
    name: 'reload',
    group: 'Act',
    summary: 'Read configuration and rules again',
    load: () => import('./commands/reload.ts'),
  },
  { name: 'serve', group: 'Set up', summary: 'Run the daemon', load: () => import('./commands/serve.ts') },
  {
    name: 'demo',
    group: 'Set up',
    summary: 'The whole story in a sandbox',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'check',
    group: 'Set up',
    summary: 'Check configuration and rules',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'config',
    group: 'Set up',
    summary: 'Show the configuration without its secrets',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'rules',
    group: 'Set up',
    summary: 'Check and test rules',
    load: () => import('./commands/rules.ts'),
  },
  {
    name: 'doctor',
    group: 'Set up',
    summary: 'Try every integration; names what is missing',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'token',
    group: 'Set up',
    summary: 'Make, list and revoke tokens',
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'backup',
    group: 'Set up',
    summary: 'Copy the state while it runs',
    load: () => import('./commands/backup.ts'),
  },
];
