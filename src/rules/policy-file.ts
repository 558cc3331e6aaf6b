import { ACTIONS } from '../core/matrix.ts';
import { IMPACTS, SEVERITIES } from '../core/rule.ts';
import { countPer, duration, flag, name, nOfM, number, oneOf, text } from './scalars.ts';
import { list, located, object, optional, partly, type ReadBy, required } from './shape.ts';

const impact = oneOf('an impact', IMPACTS);

/** A rule as it is written; what its `signal` declares is checked afterwards. */
export const ruleShape = object('a rule', {
  name: required(located(name), 'Unique over all files.'),
  signal: required(located(name), 'The kind of signal it asks about: dbt.test.'),
  when: required(
    located(text),
    'A CEL condition on signal; with over also on window, baseline, slowdown and p_value.',
  ),
  for: optional(duration, 0, 'How long it must hold before it fires.'),
  confirm: optional(located(nOfM), null, 'How many of the newest results must agree: 2 of 3.'),
  keep_firing_for: optional(duration, 0, 'How long passing results are watched before it clears.'),
  on_missing: optional(
    located(oneOf('what happens on_missing', ['hold', 'clear'])),
    null,
    'hold (default): silence changes nothing.',
  ),
  stale_after: optional(
    duration,
    null,
    "Older results start nothing. Default: twice the source's expect_every.",
  ),
  only_new: optional(flag, true, 'Failures from before the deployment do not count.'),
  over: optional(located(duration), null, 'Asks about the samples of this time, instead of single signals.'),
  min_samples: optional(
    located(number({ min: 1, max: 100_000, whole: true })),
    null,
    'With over: fewer samples are no answer.',
  ),
  severity: required(
    located(oneOf('a severity', [...SEVERITIES, 'signal'])),
    'signal: the severity that the mapping gave.',
  ),
  impact: required(impact, 'The column of the decision matrix.'),
  summary: optional(located(text), null, 'One line for people, with {{subject}} and {{attribute}}.'),
});
export type WrittenRule = ReadBy<typeof ruleShape>;

const any = ['*'] as const;

/** One row of the decision matrix as it is written. */
export const rowShape = object('a row', {
  severity: required(oneOf('a severity', [...SEVERITIES, ...any])),
  impact: required(oneOf('an impact', [...IMPACTS, ...any])),
  tier: required(oneOf('a tier', ['production', 'non-production', ...any])),
  do: required(oneOf('an action', ACTIONS)),
  approvers: optional(located(name), null, 'For ask and assess: a team or a person.'),
  within: optional(duration, null, 'For ask and assess: the deadline of the answer.'),
  then: optional(located(name), null, 'For ask and assess: the escalation level asked when nobody answered.'),
  contain: optional(flag, false, 'Pause the schedule even where nothing may be rolled back.'),
  review: optional(flag, false, 'Open a review afterwards.'),
});
export type WrittenRow = ReadBy<typeof rowShape>;

/** One level of the ladder as it is written. */
export const levelShape = object('a level', {
  level: required(located(name), 'L1, L2, ...'),
  after: required(located(duration), 'How long after the incident opened, when nobody has acknowledged.'),
  contacts: required(located(list(located(name))), 'People or teams.'),
  via: required(located(list(located(name))), 'Notifiers.'),
  respond_within: optional(duration, 0),
});
export type WrittenLevel = ReadBy<typeof levelShape>;

/** What a file under rules/ may say. */
export const policyFileShape = object('a policy file', {
  rules: optional(list(partly(ruleShape)), null, 'Questions about signals.'),
  matrix: optional(
    located(list(located(rowShape), { atLeast: 1 })),
    null,
    'The decision matrix: the first row that matches counts.',
  ),
  ladder: optional(
    located(list(located(levelShape), { atLeast: 1 })),
    null,
    'Who is told, and when, while nobody acknowledges.',
  ),
  acknowledgement: optional(object('acknowledgement', { expires: required(duration) }), null),
  grouping: optional(
    object('grouping', {
      wait: optional(duration, 10_000, 'How long notices are collected before they are sent as one.'),
      per_recipient: optional(countPer, { count: 20, per: 3_600_000 }, 'The most one person is sent.'),
      exempt: optional(list(located(name)), [], 'Levels that are always told.'),
    }),
    null,
  ),
});
export type WrittenPolicyFile = ReadBy<typeof policyFileShape>;
