import type { Kysely } from 'kysely';
import type { Announcement, Deployment, Quarantine } from '../../core/deployment.ts';
import type { DeploymentStore } from '../../ports/store.ts';
import { type Parts, writeAll, writeCounted } from './parts.ts';
import { compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

const DEPLOYMENT = {
  table: 'deployments',
  has: ['id', 'environment', 'sequence', 'commit', 'version', 'deployedAt'],
};
const ANNOUNCEMENT = {
  table: 'announcements',
  has: ['environment', 'from', 'commit', 'state', 'at', 'seenAt'],
};
const QUARANTINE = { table: 'quarantines', has: ['environment', 'commit', 'version', 'at', 'by'] };

export function deploymentStore({ db, sqlite, group, bodies }: Parts): DeploymentStore {
  const statements = deploymentStatements(db);
  const insertQuarantine = quarantineInsert(db);
  return {
    async deployments(environment) {
      return bodies.all<Deployment>(sqlite.all(statements.deployments({ environment })), DEPLOYMENT);
    },
    putDeployments: (deployments) =>
      writeAll(
        group,
        deployments.map((deployment) => statements.put(deploymentRow(deployment))),
      ),
    announce: async (announcement) =>
      (await writeCounted(group, statements.announce(announcementRow(announcement)))) === 1,
    async announcements(environment, since) {
      return bodies.all<Announcement>(
        sqlite.all(statements.announcements({ environment, since })),
        ANNOUNCEMENT,
      );
    },
    quarantine: (quarantine) => writeAll(group, [insertQuarantine(quarantineRow(quarantine))]),
    liftQuarantine: (environment, version) => writeAll(group, [statements.lift({ environment, version })]),
    async quarantined(environment) {
      return bodies.all<Quarantine>(sqlite.all(statements.quarantined({ environment })), QUARANTINE);
    },
  };
}

/** One per version: the newest word on it counts. An incident's change writes it too. */
export function quarantineInsert(db: Kysely<Tables>) {
  return compileOnce((row: Slots<ReturnType<typeof quarantineRow>>) =>
    db
      .insertInto('quarantines')
      .values({ environment: row.environment, version: row.version, at: row.at, body: row.body })
      .onConflict((on) =>
        on
          .columns(['environment', 'version'])
          .doUpdateSet((eb) => ({ at: eb.ref('excluded.at'), body: eb.ref('excluded.body') })),
      ),
  );
}

export function quarantineRow(quarantine: Quarantine) {
  const { environment, version, at } = quarantine;
  return { environment, version, at, body: JSON.stringify(quarantine) };
}

export function deploymentRow(deployment: Deployment) {
  const { id, environment, sequence, verdict, endedAt } = deployment;
  return { id, environment, sequence, verdict, ended_at: endedAt, body: JSON.stringify(deployment) };
}

function announcementRow(announcement: Announcement) {
  const { environment, from, commit, state, at, seenAt, runUrl } = announcement;
  const body = JSON.stringify(announcement);
  return { environment, from, commit, state, at, seen_at: seenAt, run_url: runUrl ?? '', body };
}

function deploymentStatements(db: Kysely<Tables>) {
  type Of = { environment: string };
  return {
    deployments: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('deployments')
        .select(['id as key', 'body'])
        .where('environment', '=', environment)
        .orderBy('sequence'),
    ),
    put: deploymentPut(db),
    announce: announceStatement(db),
    announcements: compileOnce(({ environment, since }: Slots<Of & { since: number }>) =>
      db
        .selectFrom('announcements')
        .select(['number as key', 'body'])
        .where('environment', '=', environment)
        .where((eb) => eb.or([eb('at', '>=', since), eb('seen_at', '>=', since)]))
        .orderBy('at')
        .orderBy('number'),
    ),
    lift: compileOnce(({ environment, version }: Slots<Of & { version: string }>) =>
      db.deleteFrom('quarantines').where('environment', '=', environment).where('version', '=', version),
    ),
    quarantined: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('quarantines')
        .select(['version as key', 'body'])
        .where('environment', '=', environment)
        .orderBy('at')
        .orderBy('version'),
    ),
  };
}

/** By its id, whatever it was before. An incident's change writes it too. */
export function deploymentPut(db: Kysely<Tables>) {
  return compileOnce((row: Slots<ReturnType<typeof deploymentRow>>) =>
    db
      .insertInto('deployments')
      .values({
        id: row.id,
        environment: row.environment,
        sequence: row.sequence,
        verdict: row.verdict,
        ended_at: row.ended_at,
        body: row.body,
      })
      .onConflict((on) =>
        on.column('id').doUpdateSet((eb) => ({
          environment: eb.ref('excluded.environment'),
          sequence: eb.ref('excluded.sequence'),
          verdict: eb.ref('excluded.verdict'),
          ended_at: eb.ref('excluded.ended_at'),
          body: eb.ref('excluded.body'),
        })),
      ),
  );
}

function announceStatement(db: Kysely<Tables>) {
  return compileOnce((row: Slots<ReturnType<typeof announcementRow>>) =>
    db
      .insertInto('announcements')
      .values({
        environment: row.environment,
        from: row.from,
        commit: row.commit,
        state: row.state,
        at: row.at,
        seen_at: row.seen_at,
        run_url: row.run_url,
        body: row.body,
      })
      .onConflict((on) =>
        on.columns(['environment', 'from', 'commit', 'state', 'at', 'run_url']).doNothing(),
      ),
  );
}
