import { OutsideError } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import { cut } from '../../core/wording.ts';
import type { Log } from '../../ports/log.ts';
import type { Alert, AlertType } from './alert-schema.ts';
import type { GitHubClient } from './client.ts';
import type { Introduced } from './introduced.ts';

export interface AlertsOptions {
  readonly name: string;
  readonly environment: string;
  readonly client: GitHubClient;
  readonly types: readonly AlertType[];
  readonly introduced: (alert: Alert, abort: AbortSignal) => Promise<Introduced>;
  readonly log: Log;
}

/** Alerts of the repository: open ones are told once, and told again when they end. */
export class AlertsLook {
  readonly #options: AlertsOptions;
  readonly #since: Instant;
  /** What was told of each: its state. */
  readonly #told = new Map<string, Alert['state']>();
  readonly #off = new Set<AlertType>();

  /** `since`: alerts that had ended before are history. */
  constructor(options: AlertsOptions, since: Instant) {
    this.#options = options;
    this.#since = since;
  }

  /** What is told is told once, also where the look ends in an error later. Throws the last OutsideError. */
  async look(tell: (signal: Signal) => void, abort: AbortSignal): Promise<void> {
    let failure: OutsideError | null = null;
    for (const type of this.#options.types) {
      try {
        await this.#lookAt(type, tell, abort);
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        failure = error;
      }
    }
    if (failure !== null) throw failure;
  }

  async #lookAt(type: AlertType, tell: (signal: Signal) => void, abort: AbortSignal): Promise<void> {
    const { client, log } = this.#options;
    const alerts = await client.alerts(type, { state: 'all' }, abort);
    if (alerts === undefined) {
      if (!this.#off.has(type)) log.warn({ type }, 'these alerts are switched off on GitHub');
      this.#off.add(type);
      return;
    }
    this.#off.delete(type);
    for (const alert of alerts) {
      const key = `${type}-${alert.number}`;
      const told = this.#told.get(key);
      if (told === alert.state) continue;
      const isHistory = told === undefined && alert.state !== 'open' && alert.updatedAt < this.#since;
      const introduced = alert.state === 'open' ? await this.#options.introduced(alert, abort) : 'unknown';
      this.#told.set(key, alert.state);
      if (!isHistory) tell(this.#signal(alert, { isAgain: told !== undefined, introduced }));
    }
  }

  #signal(
    alert: Alert,
    { isAgain, introduced }: { readonly isAgain: boolean; readonly introduced: Introduced },
  ): Signal {
    const { name, environment } = this.#options;
    const subject = `${alert.type}-${alert.number}`;
    // One that was opened again is another fact than when it was opened first.
    const at = alert.state === 'open' && !isAgain ? alert.createdAt : alert.updatedAt;
    const { severity, type, rule, summary, path, commit, url } = alert;
    return {
      id: `${name}/github.alert/${subject}/${alert.state}/${at}`,
      environment,
      source: name,
      kind: 'github.alert',
      subject,
      at,
      began: at,
      invocation: null,
      startedBy: null,
      attributes: {
        status: alert.state,
        severity,
        type,
        rule: cut(rule, 200),
        summary: cut(summary, 300),
        path: path === null ? null : cut(path, 300),
        package: alert.package === null ? null : cut(alert.package, 200),
        commit,
        introduced,
        url,
      },
    };
  }
}
