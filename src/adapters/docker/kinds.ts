import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal a Docker source brings, for the rule checker. */
export const DOCKER_KINDS: readonly SignalKind[] = [
  {
    kind: 'docker.container',
    is: 'the state of one service of the compose project',
    attributes: {
      status: 'string',
      health: 'string',
      restarts: 'number',
      recent_restarts: 'number',
      exit_code: 'number',
      oom_killed: 'boolean',
      image: 'string',
      container: 'string',
      uptime_seconds: 'number',
    },
    values: {
      status: ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'missing'],
      health: ['none', 'starting', 'healthy', 'unhealthy'],
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'docker.event',
    is: 'something that happened to a container: it died, ran out of memory, was restarted',
    attributes: { action: 'string', exit_code: 'number', service: 'string', container: 'string' },
    values: { action: ['die', 'oom', 'kill', 'stop', 'start', 'restart', 'destroy', 'health-unhealthy'] },
    absence: 'healthy',
    evidence: false,
  },
];
