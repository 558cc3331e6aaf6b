import { sayWhen } from './clock-face.ts';
import { sayDuration } from './duration.ts';
import type { EnvironmentContext, EnvironmentNews, Words } from './narrate-environment.ts';
import { cut } from './wording.ts';

type Of<Kind extends EnvironmentNews['kind']> = Extract<EnvironmentNews, { kind: Kind }>;

/** One source that fell silent, or speaks again. */
export function ofSources(
  news: Of<'source-silent' | 'source-live'>,
  { environment, now }: EnvironmentContext,
): Words {
  if (news.kind === 'source-live') {
    return {
      tag: 'live again',
      about: `${news.source} speaks`,
      shape: 'well',
      word: 'Live again',
      headline: `${news.source} brings evidence again, after ${sayDuration(now - news.since)}.`,
      request: 'Nothing is asked of you: what fails is judged on its new evidence.',
    };
  }
  const { source, because } = news;
  const since = `since ${sayWhen(news.since, now)} UTC`;
  return {
    tag: 'source silent',
    about: `${source} has been silent ${since}`,
    shape: 'unknown',
    word: 'Unknown',
    headline: `Unknown: ${source} has been silent for ${sayDuration(now - news.since)} (${because}). Nothing is decided on old data.`,
    request: `Look at why ${source} is silent: until it speaks, ${environment} is not watched by it, and silence is neither health nor failure.`,
    sections: [
      {
        title: 'What is known',
        facts: [
          { label: 'Source', value: source },
          { label: 'Silent', value: `${since}: ${because}` },
        ],
      },
    ],
  };
}

/** Most of what watches is silent at once, or speaks again. */
export function ofBlindness(news: Of<'blind' | 'seeing'>, { environment, now }: EnvironmentContext): Words {
  if (news.kind === 'seeing') {
    return {
      tag: 'seen again',
      about: 'the sources speak again',
      shape: 'well',
      word: 'Seen again',
      headline: `${environment} is seen again, after ${sayDuration(now - news.since)}.`,
      request: 'Nothing is asked of you: what fails is judged on its new evidence.',
    };
  }
  const names = news.sources.map(({ source }) => source).join(', ');
  return {
    tag: 'blind',
    about: 'most sources are silent, so nothing is done',
    shape: 'unknown',
    word: 'Blind',
    headline: `Blind: ${names} are silent at once. Nothing is done in ${environment} until they speak.`,
    request:
      'Look at what they have in common first, our own network most of all: that they fail together says nothing about any of them.',
    sections: [
      {
        title: 'What is known',
        facts: news.sources.map(({ source, since, because }) => ({
          label: source,
          value: `silent since ${sayWhen(since, now)} UTC: ${cut(because, 300)}`,
        })),
      },
    ],
  };
}
