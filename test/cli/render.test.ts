import { describe, expect, it } from 'vitest';
import { answer, type IncidentLine, type IncidentStory } from '../../src/cli/api.ts';
import { renderDeployments } from '../../src/cli/commands/deployments.ts';
import { renderDoctor } from '../../src/cli/commands/doctor.ts';
import { renderEvents } from '../../src/cli/commands/events.ts';
import { renderIncident, renderLeftAlone } from '../../src/cli/commands/explain.ts';
import { renderIncidents } from '../../src/cli/commands/incidents.ts';
import { renderDryRun } from '../../src/cli/commands/plan.ts';
import { renderStatus } from '../../src/cli/commands/status.ts';
import { renderTokens } from '../../src/cli/commands/token.ts';
import type { DoctorCheck } from '../../src/cli/io.ts';
import { widthOf } from '../../src/cli/layout.ts';
import type { Look } from '../../src/cli/shape.ts';
import type { Incident } from '../../src/core/incident.ts';
import { days, minutes, seconds } from '../../src/core/time.ts';
import { representIncident } from '../../src/http/representation/incident.ts';
import { representIncidentView } from '../../src/http/representation/incident-view.ts';
import * as story from './story.ts';

const { NOW } = story;
const wide: Look = { utf8: true, colour: false, columns: 100 };
const narrow: Look = { ...wide, columns: 70 };
const ascii: Look = { ...wide, utf8: false };
const coloured: Look = { ...wide, colour: true };

/** As it arrives: through the API's own JSON. */
function told(over: Partial<Incident> = {}): IncidentStory {
  return answer<IncidentStory>(overTheWire(representIncidentView(story.view(over))), ['id']).value;
}

function line(over: Partial<Incident> = {}): IncidentLine {
  return answer<IncidentLine>(overTheWire(representIncident({ ...story.incident, ...over })), ['id']).value;
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const checks: readonly DoctorCheck[] = [
  {
    system: 'dbt',
    shape: 'well',
    sentence: 'artifacts in /srv/dataops/dbt/target, newest 4 min old',
    help: [],
  },
  {
    system: 'sql server',
    shape: 'wrong',
    sentence: 'login rollbackd may not read server state, so query latency stays unknown',
    help: ['Run:  GRANT VIEW SERVER STATE TO [rollbackd];', 'Then: query-latency-degraded can judge'],
  },
  { system: 'pagerduty', shape: 'unknown', sentence: 'not configured', help: [] },
];

const acting = told({
  state: 'acting',
  plans: [story.plan],
  steps: [
    {
      key: 'INC-12/1/1-schedule.pause',
      startedAt: NOW - seconds(5),
      endedAt: NOW - seconds(4),
      outcome: 'done',
      result: {},
      why: null,
    },
    {
      key: 'INC-12/1/2-git.revert',
      startedAt: NOW - seconds(4),
      endedAt: null,
      outcome: 'running',
      result: {},
      why: null,
    },
  ],
  checks: [{ name: 'database', is: 'not-configured', detail: 'no source of this kind' }],
  breaches: [
    breach({ summary: 'unique_gold_orders failed with 3 rows' }),
    breach({ summary: 'not_null_gold_orders failed', clearedAt: NOW - minutes(1) }),
  ],
});

function breach(over: Partial<Incident['breaches'][number]>): Incident['breaches'][number] {
  const { rule, ruleVersion, kind, subject, severity, impact } = story.trace;
  return {
    rule,
    ruleVersion,
    kind,
    subject,
    severity,
    impact,
    summary: '',
    since: NOW - minutes(18),
    lastSeen: NOW,
    clearedAt: null,
    ...over,
  };
}

const dryRun = {
  environment: 'production',
  possible: true,
  because: '',
  from: story.running,
  to: story.good,
  plan: story.plan,
  readiness: story.production.readiness,
};

/** Every page, so that the rules of the voice hold for all of them. */
const pages: Readonly<Record<string, (look: Look) => string[]>> = {
  status: (look) => renderStatus([story.production, story.finance, story.development], look, NOW),
  incidents: (look) =>
    renderIncidents(
      [
        line(),
        line({
          id: 'INC-9',
          state: 'rolled_back',
          openedAt: NOW - days(5),
          changedAt: NOW - days(5) + minutes(19),
          title: 'query 83 % slower',
        }),
      ],
      { last: days(30), limit: 100, look, now: NOW },
    ),
  explain: (look) => renderIncident(told(), look, NOW),
  'explain while it acts': (look) => renderIncident(acting, look, NOW),
  'explain an environment': (look) => renderLeftAlone('production', [story.leftAlone], { look, now: NOW }),
  events: (look) => renderEvents(told(), look, NOW),
  plan: (look) => renderDryRun(dryRun, look),
  'plan, impossible': (look) =>
    renderDryRun(
      { ...dryRun, possible: false, plan: null, because: 'no earlier deployment was ever proven good' },
      look,
    ),
  deployments: (look) => renderDeployments([story.running, story.good, story.bad], look, NOW),
  doctor: (look) => renderDoctor(checks, look),
  tokens: (look) =>
    renderTokens(
      [
        {
          id: 'tok-1',
          name: 'deploy-pipeline',
          person: null,
          scopes: ['deploy'],
          createdAt: NOW,
          revokedAt: null,
        },
      ],
      look,
      NOW,
    ),
};

describe.each(Object.entries(pages))('the page of %s', (_, page) => {
  it('begins with one sentence and ends with what can be done', () => {
    const lines = page(wide);
    expect(lines[0]).toMatch(/^\S/);
    expect(lines.join('\n')).toMatch(/^[^\n]+(\n[^\n]+)?[.?]\n\n/);
    expect(lines.at(-1)).toMatch(/^Next: \S/);
  });

  it.each([wide, narrow, ascii])('fits the screen, but for lines to copy and whole words', (look) => {
    const copied = /^Next: |^ +(Run|Then|Or): /;
    const tooWide = page(look).filter((each) => widthOf(each) > look.columns && !copied.test(each));
    expect(tooWide).toEqual([]);
  });

  it('says the same words on a narrow screen, at most on more lines', () => {
    const words = (lines: readonly string[]) => new Set(lines.join(' ').split(/\s+/));
    const missing = [...words(page(wide))].filter((word) => !words(page(narrow)).has(word));
    expect(missing).toEqual([]);
  });

  it('says nothing by colour alone', () => {
    const plain = page(coloured).map((each) => each.replaceAll(/\u001b\[\d+m/g, ''));
    expect(plain).toEqual(page(wide));
  });

  it('needs no character beyond ASCII where the screen has none', () => {
    expect(page(ascii).join('\n')).not.toMatch(/[^\n -~]/);
  });
});

describe('status', () => {
  it('says first what needs a person, and how long is left', () => {
    expect(pages.status?.(wide).join('\n')).toMatchInlineSnapshot(`
      "production: not_null_gold_fct_orders_customer_id failed with 1,284 rows (INC-12). It is waiting for
      approval: 42 min left, until 03:13 UTC.

        Environment  State                          Running             Last good  Next
        production   ◆ waiting for approval         9f2c1ab unverified  4b7e03d    03:13  engineering
                                                                                   manager
        finance      ◐ baking 38 of 60 min, shadow  51be0c7 unverified  none yet   02:54  known good
        development  ◌ blind                        9f2c1ab unverified  4b7e03d

        Sources   ◌ 2 of 3 live, last heard 4 s ago; dbt-dev: no such directory
        Guards    0 of 2 rollbacks used in 1 day in production; 0 of 2 rollbacks used in 1 day in finance
        Rollback  ● production by revert
                  ● finance by revert

      Next: rollbackd explain INC-12"
    `);
  });

  it('is one short sentence where all is well', () => {
    const good = { ...story.production, state: 'good', incident: null, next: null };
    expect(renderStatus([good], wide, NOW)[0]).toBe('production is well.');
    expect(renderStatus([good, good], wide, NOW)[0]).toBe('All 2 environments are well.');
  });

  it('counts a short bake in seconds', () => {
    const baking = { since: NOW - seconds(1), until: NOW + seconds(2) };
    expect(renderStatus([{ ...story.finance, baking }], wide, NOW).join('\n')).toContain('baking 1 of 3 s');
  });

  it('does not call a source live that could not be read at the last look', () => {
    const source = { source: 'sql', live: true, lastSuccessAt: NOW, lastEvidenceAt: null };
    const sources = [
      { ...source, errorsInARow: 0, lastError: null },
      { ...source, source: 'airflow', errorsInARow: 1, lastError: 'nothing listens there' },
      { ...source, source: 'hub', errorsInARow: 1, lastError: 'HTML' },
    ];
    const text = renderStatus([{ ...story.production, sources }], wide, NOW).join('\n');
    expect(text).toContain('◌ 1 of 3 live');
    expect(text).toContain('airflow: nothing listens there, and 1 more');
  });

  it('says that a rollback is not possible, and why', () => {
    const readiness = [
      { strategy: 'revert', possible: false, because: 'the token may not push to main', checkedAt: NOW },
    ];
    const text = renderStatus([{ ...story.production, readiness }], wide, NOW).join('\n');
    expect(text).toContain('▲ production cannot: the token may not push to main');
  });
});

describe('explain', () => {
  it('asks the questions in the order in which people ask them', () => {
    expect(pages.explain?.(wide).join('\n')).toMatchInlineSnapshot(`
      "INC-12 waits for the team lead because a new failure of high severity hit the data in production.

        Rule        data-quality-test-failed, version 3fa91c2  rules/triggers/data-quality.yaml:14
        Asks        signal.status == "fail"                    dbt.test
        Verdict     ▲ breached since 02:13:41                  fail, 1,284 failing rows
        Subject     not_null_gold_fct_orders_customer_id       invocation 5d1e8c
        Samples     3 of 3 results under this deployment
        Data age    4 min 3 s                                  fresh, the limit is 2 h
        New         yes                                        it passed under 4b7e03d, the last good one
        To blame    production-3                               9f2c1ab, deployed 26 min before
        Severity    high
        Impact      data quality                               said by the rule
        Matrix      row 5: ask team-lead within 1 h
        Guards      10 of 10 let it pass
                    ● armed by roger            ● not frozen                ● production
                    ● no rollback is running    ● no deployment is running  ● 6 of 6 sources
                    ● the evidence is fresh     ● no cool-down              ● budget 0 of 2 in 1 d
                    ● not flapping
        Target      ● 4b7e03d                                  known good: 148 of 148 tests passed over 60
                                                               min
                    ○ d81c55e                                  quarantined by INC-9
        Strategy    ● revert                                   may push to main, work tree clean
                    ○ rollback-workflow                        rollback.yml writes no dbt profile

        Waiting     ◆ team lead (roger), asked 02:13:45, 42 min left, until 03:13 UTC
        Then        03:13:44  the engineering manager is asked; no answer never counts as yes

      Next: rollbackd approve INC-12, rollbackd reject INC-12 --reason "...", or rollbackd plan INC-12"
    `);
  });

  it('puts what holds back first, with its reason', () => {
    const guards = story.trace.guards.map((guard) =>
      guard.name === 'not-frozen'
        ? { ...guard, passed: false, because: 'frozen by ann: month-end close' }
        : guard,
    );
    const decision = {
      ...story.incident.decision,
      do: 'wait',
      because: '',
      would: null,
      by: null,
      until: null,
      target: null,
    } as const;
    const lines = renderIncident(
      told({ decision: { ...decision, trace: { ...story.trace, guards } } }),
      wide,
      NOW,
    );
    const at = lines.findIndex((each) => each.startsWith('  Guards'));
    expect(lines[at]).toBe('  Guards      9 of 10 let it pass, 1 holds it back');
    expect(lines[at + 1]).toBe('              ■ frozen by ann: month-end close');
  });

  it('shows how far the plan is, the proof, and every breach', () => {
    const text = renderIncident(acting, wide, NOW).join('\n');
    expect(text).toMatch(/● 1 of 3 {2}Pause the schedule +1 s/);
    expect(text).toMatch(/◐ 2 of 3 {2}Revert 2 commits on main +for 4 s, at most 2 min/);
    expect(text).toMatch(/○ 3 of 3 {2}Prove the data is healthy +at most 20 min/);
    expect(text).toMatch(/Proof +◌ database +not configured: no source of this kind/);
    expect(text).toMatch(/▲ unique_gold_orders failed with 3 rows/);
    expect(text).toMatch(/● not_null_gold_orders failed +passes since 02:31:00/);
  });

  it('tells of a rollback that a person asked for, which no rule asked about', () => {
    const request = {
      by: 'ann',
      at: NOW,
      reason: 'orders are wrong',
      to: null,
      unproven: false,
      override: null,
    };
    const text = renderIncident(
      told({ state: 'open', decision: null, approval: null, request }),
      wide,
      NOW,
    ).join('\n');
    expect(text).toContain('INC-12 is open because ann asked for it: orders are wrong.');
    expect(text).toMatch(/Target +the last good one +must be proven good/);
  });

  it.each([
    [
      'stood_down',
      'everything that failed passes again',
      'INC-12 stood down because everything that failed passes again.',
    ],
    [
      'rolled_back',
      null,
      'INC-12 was rolled back because a new failure of high severity hit the data in production.',
    ],
  ] as const)('says how it ended: %s', (state, closedBecause, sentence) => {
    expect(renderIncident(told({ state, closedBecause }), wide, NOW)[0]).toBe(sentence);
  });

  it('does not obey what a commit subject or a test name says to the terminal', () => {
    const title = 'red \u001b[31malert\u001b]0;owned\u0007 \u202egnirts\u009b2J';
    const lines = renderEvents(told({ title }), wide, NOW).join('\n');
    const shown = renderIncidents([line({ title })], { last: days(1), limit: 9, look: wide, now: NOW }).join(
      '\n',
    );
    expect(lines + shown).not.toMatch(/[\u001b\u0007\u009b\u202e]/);
    expect(shown).toContain('\\u001b[31malert');
  });
});

describe('incidents', () => {
  it('is a list, newest first, with what lasts until now', () => {
    expect(pages.incidents?.(wide).join('\n')).toMatchInlineSnapshot(`
      "1 open, 1 closed in 30 days.

        Incident  State                   Environment  Opened                 Lasted
        INC-12    ◆ waiting for approval  production   Wed 18 Nov 02:13  18 min 16 s
          What  not_null_gold_fct_orders_customer_id failed with 1,284 rows
        INC-9     ● rolled back           production   Fri 13 Nov 02:32       19 min
          What  query 83 % slower

      Next: rollbackd explain INC-12"
    `);
  });

  it('says so when the list is cut at its limit', () => {
    const text = renderIncidents([line()], { last: days(30), limit: 1, look: wide, now: NOW }).join('\n');
    expect(text).toContain('These are the newest 1; more with --limit.');
  });
});

describe('plan', () => {
  it('shows every step, the commits it takes back, and the point of no return', () => {
    expect(pages.plan?.(wide).join('\n')).toMatchInlineSnapshot(`
      "Roll production back from 9f2c1ab to 4b7e03d by revert. Nothing was changed.

        Step                                    At most  Undo
        1  Pause the schedule         schedule    1 min  resume the schedule
           and wait for a run under way
        2  Revert 2 commits on main   git         2 min  by hand
           push 1 commit, no force
           9f2c1ab  match orders to customers by email (#212)
           e21d9c4  lower-case e-mail addresses (#211)
           77aa310  document fct_inventory (#210) (stays)
        3  Prove the data is healthy  prove      20 min  none
           version, and every test that passed under 4b7e03d

        No return  from step 2 on nothing is undone by itself
        Approval   ◆ main is a protected branch
        To know    a run may begin during the move
        Not by     ○ rollback-workflow: rollback.yml writes no dbt profile

        Preflight  ● revert: may push to main

      Next: rollbackd rollback --environment production --to 4b7e03d --reason "...""
    `);
  });

  it('says on a narrow screen below each step what takes it back', () => {
    expect(pages.plan?.(narrow).join('\n')).toMatch(
      /1 {2}Pause the schedule.*\n {4}Undo {2}resume the schedule\n/,
    );
  });
});

describe('deployments', () => {
  it('says of each what it was found to be and why', () => {
    expect(pages.deployments?.(wide).join('\n')).toMatchInlineSnapshot(`
      "production runs 9f2c1ab, unverified; last good before it 4b7e03d.

        Deployment    Commit   Since             Verdict             What
        production-3  9f2c1ab  Wed 18 Nov 01:47  ○ unverified, runs  match orders to customers by email
                                                                     (#212)
                                                                     baked 38 of 60 min
        production-2  4b7e03d  Sun 15 Nov 14:20  ● good              dedupe late order lines
                                                                     148 of 148 tests passed over 60 min
        production-1  d81c55e  Fri 13 Nov 10:01  ▲ bad               lower-case e-mail addresses
                                                                     rolled back by INC-9 (ruled by roger)

      Next: rollbackd deployments mark COMMIT good|bad|unverified --reason "...""
    `);
  });
});

describe('doctor', () => {
  it('names the missing permission and the command that gives it', () => {
    expect(pages.doctor?.(wide).join('\n')).toMatchInlineSnapshot(`
      "1 of 3 checks fails: sql server.

        ●  dbt         artifacts in /srv/dataops/dbt/target, newest 4 min old
        ▲  sql server  login rollbackd may not read server state, so query latency stays unknown
                         Run:  GRANT VIEW SERVER STATE TO [rollbackd];
                         Then: query-latency-degraded can judge
        ◌  pagerduty   not configured

      Next: rollbackd doctor, after the lines above"
    `);
  });

  it('keeps the lines to copy whole on a narrow screen', () => {
    expect(pages.doctor?.({ ...narrow, columns: 40 })).toContain(
      '      Run:  GRANT VIEW SERVER STATE TO [rollbackd];',
    );
  });
});
