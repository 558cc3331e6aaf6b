import { airflowSourceType } from './adapters/airflow/source-type.ts';
import { alertsSourceType } from './adapters/alerts/source-type.ts';
import { dbtSourceType } from './adapters/dbt/source-type.ts';
import { dockerSourceType } from './adapters/docker/source-type.ts';
import { githubSourceType } from './adapters/github/source-type.ts';
import { httpSourceType } from './adapters/http-probe/source-type.ts';
import { prometheusSourceType } from './adapters/prometheus-query/source-type.ts';
import { sqlServerSourceType } from './adapters/sql-server/source-type.ts';
import type { SourceType } from './settings/source-type.ts';

/** Every type of source: a new one is a folder under adapters, and a line here. */
export const SOURCE_TYPES: readonly SourceType[] = [
  dbtSourceType,
  airflowSourceType,
  alertsSourceType,
  githubSourceType,
  httpSourceType,
  prometheusSourceType,
  sqlServerSourceType,
  dockerSourceType,
];

/** The type of a configured source. A name that is not there is a bug: the settings were checked. */
export function typeOfSource(type: string): SourceType {
  const found = SOURCE_TYPES.find((each) => each.type === type);
  if (found === undefined) throw new Error(`There is no type of source "${type}"`);
  return found;
}

/** Every kind of signal that any source can bring. */
export const SIGNAL_KINDS = SOURCE_TYPES.flatMap(({ kinds }) => kinds);
