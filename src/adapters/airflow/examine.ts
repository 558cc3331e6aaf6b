import { OutsideError } from '../../core/errors.ts';
import { listed } from '../../core/wording.ts';
import type { Finding } from '../../ports/finding.ts';
import { type Airflow, createAirflow } from './api.ts';
import type { AirflowAddress, AirflowVersion } from './connection.ts';
import { BASIC_AUTH } from './failure.ts';
import { componentsOf } from './health.ts';

export interface AirflowExamination extends AirflowAddress {
  readonly name: string;
  /** DAGs that are watched; empty: all. */
  readonly dags: readonly string[];
  /** DAGs that the environment's schedule pauses. */
  readonly pauses: readonly string[];
}

/** Tries all that the source and the schedule need, changing nothing: a line for each. Never throws OutsideError. */
export async function examineAirflow(
  options: AirflowExamination,
  abort: AbortSignal,
): Promise<readonly Finding[]> {
  const airflow = createAirflow(options);
  const { name } = options;
  const tried: Finding[] = [];
  try {
    const health = await airflow.health(abort);
    tried.push(found('well', `${name}: Airflow ${health.version} at ${options.url}`));
    for (const each of componentsOf(health.body, health)) {
      if (each.status !== 'unhealthy') continue;
      const sentence = `${name}: ${each.component} is unhealthy: ${each.because}`;
      tried.push(found('wrong', sentence, [`Look at: the log of its ${each.component.replace('_', '-')}`]));
    }
    tried.push(...(await examineInside(airflow, { ...options, of: health }, abort)));
  } catch (error) {
    tried.push(failed(name, error, [`Look at: sources.${name}.url, and whether its webserver runs`]));
  }
  return tried;
}

interface Inside extends AirflowExamination {
  readonly of: AirflowVersion;
}

async function examineInside(
  airflow: Airflow,
  options: Inside,
  abort: AbortSignal,
): Promise<readonly Finding[]> {
  const { name, dags, pauses, of } = options;
  try {
    const { dags: all } = await airflow.dags(1, abort);
    const errors = await airflow.importErrors(abort);
    const tried = [
      found('well', `${name}: the login works, ${all.length === 0 ? 'no' : 'its'} DAGs can be read`),
    ];
    for (const { file } of errors.slice(0, 3)) {
      tried.push(
        found('wrong', `${name}: ${file} cannot be imported`, ['Run:  airflow dags list-import-errors']),
      );
    }
    for (const dag of new Set([...dags, ...pauses])) {
      tried.push(await examineDag(airflow, { ...options, dag, pauses: pauses.includes(dag) }, abort));
    }
    return tried;
  } catch (error) {
    return [failed(name, error, loginHelp(options.name, of, error))];
  }
}

async function examineDag(
  airflow: Airflow,
  {
    name,
    dag: id,
    pauses,
    of,
    login,
  }: Omit<Inside, 'pauses'> & { readonly dag: string; readonly pauses: boolean },
  abort: AbortSignal,
): Promise<Finding> {
  const dag = await airflow.dag(id, abort);
  if (dag === undefined) {
    const { dags } = await airflow.dags(20, abort);
    const known = dags.length === 0 ? 'It has none.' : `It has: ${listed(dags.map((each) => each.dag))}`;
    return found('wrong', `${name}: there is no DAG ${id}`, [known]);
  }
  const state = dag.live ? (dag.paused ? 'paused' : 'active') : 'known, but its file is gone or broken';
  if (!pauses) return found(dag.live ? 'well' : 'wrong', `${name}: DAG ${id} is ${state}`);
  if (await airflow.mayPause(id, abort)) {
    return found(dag.live ? 'well' : 'wrong', `${name}: DAG ${id} is ${state}, and we may pause it`);
  }
  const user = login.is === 'password' ? login.user : 'USER';
  const help =
    of.generation === 2
      ? [`Run:  airflow users add-role --username ${user} --role Op`]
      : [
          `Set for its api-server:  AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=...,${user}:op (or the role in its auth manager)`,
        ];
  return found('wrong', `${name}: DAG ${id} is ${state}, and we may not pause it`, help);
}

function loginHelp(name: string, { generation }: AirflowVersion, error: unknown): readonly string[] {
  if (!(error instanceof OutsideError) || error.reason !== 'auth') return [];
  const look = `Look at: sources.${name}.user and its password`;
  return generation === 2 ? [`Set for its webserver:  ${BASIC_AUTH}`, look] : [look];
}

function failed(name: string, error: unknown, help: readonly string[]): Finding {
  if (!(error instanceof OutsideError)) throw error;
  return found('wrong', `${name}: ${error.message}`, help);
}

function found(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'airflow', shape, sentence, help };
}
