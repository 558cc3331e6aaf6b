import { AIRFLOW_KINDS } from '../../../src/adapters/airflow/kinds.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { FakeAirflow } from '../../fakes/airflow.ts';
import { NOON, sourceOver } from './setting.ts';

for (const generation of [2, 3] as const) {
  signalSourceContract(`Airflow ${generation}`, async () => {
    const server = await FakeAirflow.start(generation);
    server.now = () => NOON;
    server.dags.set('dbt_transform', { paused: false });
    server.importErrors = [{ file: 'a.py', at: NOON, stack: 'SyntaxError: invalid syntax' }];
    server.runs.push({ dag: 'dbt_transform', run: 'r', state: 'running', startedAt: NOON, endedAt: null });
    server.tasks.push({ dag: 'dbt_transform', run: 'r', task: 't', state: 'up_for_retry', endedAt: NOON });
    return {
      source: sourceOver(server, { timeout: 300, patience: { tries: 2, rest: 10 } }),
      kinds: AIRFLOW_KINDS,
      now: () => NOON,
      secrets: [server.password],
      vanish: () => server.vanish(),
      comeBack: () => server.comeBack(),
      hang: async () => {
        server.instead = () => () => undefined;
      },
      close: () => server.vanish(),
    };
  });
}
