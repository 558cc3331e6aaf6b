import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { followRollback, openedIncident, passProbation, tellDecision } from './follow-rollback.ts';
import { BAD } from './sandbox.ts';
import { deploy, type Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** Second act: a bad commit is deployed, found out, and taken back. Returns the incident's id. */
export async function rollBackBad(stage: Stage): Promise<string> {
  const { teller, pipeline } = stage;
  teller.title('A bad one is rolled back');
  await pipeline.push('production', BAD);
  await deploy(stage, 'production');
  const ran = await pipeline.run('production');
  const opened = await openedIncident(stage, 'production');
  const { breaches } = opened;
  const more = breaches.length === 1 ? '' : `, and ${breaches.length - 1} more`;
  const text = `${breaches[0]?.summary ?? opened.title}${more}`;
  teller.line({ at: ran.generatedAt, shape: 'wrong', stage: 'observe', text });
  tellDecision(stage, opened);
  await followRollback(stage, opened.id);
  await pipeline.run('production');
  await passProbation(stage, opened.id);
  await tellReport(stage, opened.id);
  return opened.id;
}

/** Waits for the mails that the incident owes, and keeps its report. */
async function tellReport(stage: Stage, id: string): Promise<void> {
  const { inbox, sandbox, daemon, teller, patience } = stage;
  const mails = await waitFor(
    `the mails about ${id}`,
    async () => {
      const { notifications } = await daemon.incident(id);
      const isSettled = notifications.length > 0 && notifications.every((each) => each.state !== 'owed');
      const lost = notifications.find((each) => each.state === 'dead' || each.state === 'rejected');
      if (lost !== undefined)
        throw new StoryBroken(`the mail to ${lost.to} was ${lost.state}: ${lost.last_error}`);
      return isSettled && inbox.mails().length > 0 ? inbox.mails() : undefined;
    },
    patience,
  );
  await writeFile(join(sandbox.reports, `${id}.md`), await daemon.report(id));
  const home = basename(sandbox.directory);
  const text = `${mails.length} mails in ${home}/inbox, report in ${home}/reports/${id}.md`;
  teller.line({ at: Date.now(), shape: 'well', stage: 'report', text });
}
