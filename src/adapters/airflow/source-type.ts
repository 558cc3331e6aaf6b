import { join } from 'node:path';
import { SEVERITIES, type Severity } from '../../core/rule.ts';
import { Secret } from '../../core/secret.ts';
import { minutes, seconds } from '../../core/time.ts';
import { number, oneOf, text } from '../../rules/scalars.ts';
import { type Fields, list, located, optional, type Read, refuse, required } from '../../rules/shape.ts';
import { secretOf } from '../../settings/secret-setting.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { httpUrl, place } from '../../settings/settings-scalars.ts';
import { type OwnContext, type SourceType, sourceType } from '../../settings/source-type.ts';
import type { AirflowAddress } from './connection.ts';
import { AIRFLOW_KINDS } from './kinds.ts';

const said = optional(located(text), null, 'Better in a file, or as ${VARIABLE}.');
const kept = optional(located(place), null, 'Read at each use, so that it can be replaced.');

const fields = {
  url: required(located(httpUrl), 'Of the webserver (2.x) or the api-server (3.x).'),
  user: optional(
    located(text),
    null,
    'May read DAGs, runs, tasks and import errors; to pause, also edit DAGs.',
  ),
  password: said,
  password_file: kept,
  token: said,
  token_file: kept,
  dags: optional(list(text), [], 'DAGs that are watched. Default: every active one.'),
  most_dags: optional(
    number({ min: 1, max: 1_000, whole: true }),
    100,
    'Where none is named: at most so many.',
  ),
  severity: optional(oneOf('a severity', SEVERITIES), 'high', 'The severity of a DAG that failed.'),
} satisfies Fields;

/** What rollbackd.yaml says of an Airflow source alone. */
export interface AirflowSettings {
  readonly url: string;
  readonly login: AirflowAddress['login'];
  readonly dags: readonly string[];
  readonly mostDags: number;
  readonly severity: Severity;
}

const airflow: SourceType<typeof fields, AirflowSettings> = {
  type: 'airflow',
  kinds: AIRFLOW_KINDS,
  fields,
  defaults: { poll: seconds(30), expectEvery: minutes(5) },
  own: (written, context) => ({
    url: written.url.value,
    login: loginOf(written, context),
    dags: written.dags,
    mostDags: written.most_dags,
    severity: written.severity,
  }),
  async open({ name, poll, own }, { environment, stateDirectory, now, log }) {
    const { createAirflowSource, pausedFile } = await import('./index.ts');
    const of = environment.environment.name;
    const { mostDags: most, ...rest } = own;
    return createAirflowSource({
      ...rest,
      ...{ name, poll, most, now, log, patience: { tries: 2 } },
      environment: of,
      file: join(stateDirectory, 'airflow', `${of}-${name}.json`),
      pausedFile: environment.schedule.type === 'airflow' ? pausedFile(stateDirectory, of) : null,
    });
  },
  async examine({ name, own }, { environment }, abort) {
    const { examineAirflow } = await import('./index.ts');
    const { schedule } = environment;
    const pauses = schedule.type === 'airflow' && schedule.source === name ? schedule.dags : [];
    return examineAirflow({ ...own, name, pauses }, abort);
  },
};

/** The settings of a source of type airflow; another type is a bug: the settings were checked. */
export function airflowSettings(source: SourceSettings | undefined): AirflowSettings {
  if (source?.type !== 'airflow') throw new Error(`"${source?.name}" is not a source of type airflow`);
  return source.own as AirflowSettings;
}

/** User and password, or a token; refused where neither or both are there. */
function loginOf(written: Read<typeof fields>, context: OwnContext): AirflowAddress['login'] {
  const { user, url } = written;
  const { reading } = context;
  const password = secretOf(written.password, written.password_file, context);
  const token = secretOf(written.token, written.token_file, context);
  if (token !== null) {
    if (user !== null || password !== null) {
      const at = user ?? written.password ?? written.password_file ?? url;
      refuse(reading, at.at, 'a token needs no user', { hint: 'keep one of them' });
    }
    return { is: 'token', token };
  }
  if (user !== null && password !== null) return { is: 'password', user: user.value, password };
  const at = user ?? written.password ?? written.password_file ?? url;
  const hint = user === null ? 'add user: ... and password_file: ...' : 'add password_file: ...';
  refuse(reading, at.at, 'Airflow lets nobody in without a login', {
    hint,
    note: 'token_file: ... also does',
  });
  return { is: 'token', token: new Secret('') };
}

/** Airflow 2.x or 3.x. */
export const airflowSourceType = sourceType(airflow);
