import { short } from './deployment.ts';
import { unreachable } from './errors.ts';
import type { Policy } from './facts.ts';
import { ofBlindness, ofSources } from './narrate-sources.ts';
import type { Message, Notice, NoticeKind } from './notice.ts';
import { peopleOf } from './recipients.ts';
import type { Instant } from './time.ts';
import type { Alarm } from './watch.ts';
import { counted, cut, sayCount } from './wording.ts';

/** What is told of an environment, and is no incident. `key` stays the same for as long as it is the same thing. */
export type EnvironmentNews =
  | Alarm
  | { readonly kind: 'source-live'; readonly key: string; readonly source: string; readonly since: Instant }
  | {
      readonly kind: 'seeing';
      readonly key: string;
      readonly sources: readonly string[];
      readonly since: Instant;
    }
  | { readonly kind: 'possible'; readonly key: string }
  | { readonly kind: 'reload-failed'; readonly key: string; readonly problems: string };

export interface EnvironmentContext {
  readonly environment: string;
  readonly policy: Policy;
  readonly now: Instant;
  /** People or teams; by default the first level of the ladder. */
  readonly to?: readonly string[];
}

/** Notices of one piece of news. The id is made of its key, so that telling it again owes nothing more. */
export function narrateEnvironment(news: EnvironmentNews, context: EnvironmentContext): readonly Notice[] {
  const { policy, environment, now } = context;
  const level = policy.escalation.ladder[0];
  const kind = noticeKind(news);
  const message = said(news, context);
  return peopleOf(context.to ?? level?.contacts ?? [], policy).flatMap(({ name }) =>
    (level?.via ?? []).map((via) => ({
      id: `${kind}/${news.key}/${name}/${via}`,
      kind,
      environment,
      incident: null,
      level: null,
      to: name,
      via,
      owedAt: now,
      message,
      thread: threadOf(news, environment),
      exempt: false,
      stopsWhenAcknowledged: false,
    })),
  );
}

function noticeKind({ kind }: EnvironmentNews): NoticeKind {
  if (kind === 'disputed') return 'told';
  return kind === 'seeing' ? 'source-live' : kind;
}

/** What began and what ended are one conversation. */
function threadOf(news: EnvironmentNews, environment: string): string {
  switch (news.kind) {
    case 'source-silent':
    case 'source-live':
      return `${environment}/source/${news.source}`;
    case 'blind':
    case 'seeing':
      return `${environment}/blind`;
    case 'possible':
    case 'not-possible':
      return `${environment}/readiness`;
    default:
      return `${environment}/${news.kind}`;
  }
}

function said(news: EnvironmentNews, context: EnvironmentContext): Message {
  const { environment } = context;
  const words = wordsFor(news, context);
  return {
    subject: `[${words.tag}] ${environment}: ${words.about}`,
    shape: words.shape,
    word: words.word,
    headline: words.headline,
    request: words.request,
    links: [],
    sections: words.sections ?? [],
    footer: [
      `You get this because you are first on the ladder of ${environment}. It is told once.`,
      `Times are UTC. How it stands now: \`rollbackd status\``,
    ],
  };
}

/** What a piece of news is in words, before it is a message. */
export interface Words {
  readonly tag: string;
  readonly about: string;
  readonly shape: Message['shape'];
  readonly word: string;
  readonly headline: string;
  readonly request: string;
  readonly sections?: Message['sections'];
}

function wordsFor(news: EnvironmentNews, context: EnvironmentContext): Words {
  switch (news.kind) {
    case 'source-silent':
    case 'source-live':
      return ofSources(news, context);
    case 'blind':
    case 'seeing':
      return ofBlindness(news, context);
    case 'known-failures':
    case 'quarantined-running':
    case 'disputed':
      return ofDeployments(news, context);
    case 'not-possible':
    case 'possible':
      return ofReadiness(news, context);
    case 'reload-failed':
      return {
        tag: 'configuration',
        about: 'the new configuration is wrong, the old one stays',
        shape: 'wrong',
        word: 'Reload failed',
        headline: 'The configuration was not reloaded: the old one stays in force.',
        request: 'Correct the file and reload again: `rollbackd check` shows every mistake at once.',
        sections: [{ title: 'What is wrong', text: news.problems }],
      };
    case 'told':
      return {
        tag: 'told',
        about: news.headline,
        shape: 'not-yet',
        word: 'To know',
        headline: news.headline,
        request: news.request,
      };
    default:
      return unreachable(news);
  }
}

type Of<Kind extends EnvironmentNews['kind']> = Extract<EnvironmentNews, { kind: Kind }>;

function ofDeployments(
  news: Of<'known-failures' | 'quarantined-running' | 'disputed'>,
  { environment }: EnvironmentContext,
): Words {
  if (news.kind === 'known-failures') {
    const named = news.subjects.slice(0, 20);
    const more = news.subjects.length - named.length;
    return {
      tag: 'first day',
      about: `${counted(news.subjects.length, 'test')} failing already, recorded as known`,
      shape: 'not-yet',
      word: 'Known failures',
      headline: `${counted(news.subjects.length, 'test')} of ${environment} failed when rollbackd first looked. They are recorded as known and open no incident.`,
      request: 'Nothing is asked of you now: from here on, what is new is what counts.',
      sections: [
        { title: 'Failing already', steps: more > 0 ? [...named, `and ${sayCount(more)} more`] : named },
      ],
    };
  }
  if (news.kind === 'quarantined-running') {
    const commit = short(news.commit);
    return {
      tag: 'quarantined version runs',
      about: `${commit} runs again`,
      shape: 'needs-person',
      word: 'Quarantined version runs',
      headline: `${commit} runs again in ${environment}. It was rolled back by ${news.by}.`,
      request:
        'The gate is closed until a person allows it. Deploy a fix, or allow it with the command below.',
      sections: [
        {
          title: 'What you can do',
          facts: [
            { label: 'Allow it', value: `rollbackd allow ${news.commit} --incident ${news.by}`, code: true },
          ],
        },
      ],
    };
  }
  return {
    tag: 'disputed evidence',
    about: `${counted(news.invocations.length, 'run')} named another version than ran`,
    shape: 'unknown',
    word: 'Evidence disputed',
    headline: `${counted(news.invocations.length, 'run')} of ${environment} carried the commit of another version than the one that was running, and judge no deployment.`,
    request: 'Look at what those runs were started from: their results count for nothing.',
    sections: [{ title: 'Runs', steps: news.invocations.slice(0, 20) }],
  };
}

function ofReadiness(news: Of<'not-possible' | 'possible'>, { environment }: EnvironmentContext): Words {
  if (news.kind === 'possible') {
    return {
      tag: 'ready again',
      about: 'a rollback is possible',
      shape: 'well',
      word: 'Ready again',
      headline: `A rollback of ${environment} would be possible now.`,
      request: 'Nothing is asked of you.',
    };
  }
  return {
    tag: 'not ready',
    about: 'a rollback would not be possible now',
    shape: 'needs-person',
    word: 'Not ready',
    headline: `If ${environment} broke now, rollbackd could not roll it back: ${cut(news.because, 300)}`,
    request: `Nothing is wrong yet. Repair it while the day is quiet: \`rollbackd plan --environment ${environment}\` says what is missing.`,
    sections: [{ title: 'Why not', text: news.because }],
  };
}
