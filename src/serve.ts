import { Refusal } from './core/errors.ts';
import { type Daemon, Misconfigured, startDaemon } from './daemon.ts';
import { openLog } from './log.ts';
import type { ProcessFacts } from './process-facts.ts';

/** Runs the daemon until it is told to stop (0), or until something broke (1). */
export async function serve(facts: ProcessFacts, configPath: string): Promise<0 | 1> {
  const { env, version, abort, stderr } = facts;
  const log = openLog(env.ROLLBACKD_LOG_LEVEL === undefined ? {} : { level: env.ROLLBACKD_LOG_LEVEL });
  let daemon: Daemon;
  try {
    daemon = await startDaemon({ configPath, env, version, log });
  } catch (error) {
    if (error instanceof Misconfigured) stderr.write(`${error.message}\n`);
    else if (error instanceof Refusal)
      stderr.write(`${error.message}${error.help === null ? '' : ` ${error.help}`}\n`);
    else throw error;
    return 1;
  }
  const onHangUp = () => void daemon.reload('SIGHUP');
  facts.hangUps.addEventListener('reload', onHangUp);
  const told = new Promise<0>((resolve) => {
    if (abort.aborted) resolve(0);
    else abort.addEventListener('abort', () => resolve(0), { once: true });
  });
  const broke = daemon.failed.catch((error: unknown) => {
    log.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      'our bug: restart resumes',
    );
    return 1 as const;
  });
  const code = await Promise.race([told, broke]);
  facts.hangUps.removeEventListener('reload', onHangUp);
  await daemon.stop();
  return code;
}
