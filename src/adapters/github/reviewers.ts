import * as z from 'zod';
import { type Calls, readAs } from './calls.ts';
import { BadAnswer } from './failure.ts';

const name = z.string().nullish();
const environmentRules = z.object({
  protection_rules: z
    .array(
      z.object({
        type: z.string(),
        reviewers: z.array(z.object({ reviewer: z.object({ login: name, slug: name }).nullish() })).nullish(),
      }),
    )
    .nullish(),
});

/** Who has to approve what is deployed to an environment; nobody where there is no such rule, or GitHub does not say. */
export async function reviewersOf(
  calls: Calls,
  environment: string,
  abort: AbortSignal,
): Promise<readonly string[]> {
  const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}';
  const call = { route, parameters: { environment_name: environment } };
  try {
    const { protection_rules: rules } = await calls.ask(
      call,
      (answer) => readAs(answer, environmentRules),
      abort,
    );
    return (rules ?? [])
      .filter(({ type }) => type === 'required_reviewers')
      .flatMap(({ reviewers }) => reviewers ?? [])
      .map(({ reviewer }) => reviewer?.login ?? reviewer?.slug ?? '')
      .filter((reviewer) => reviewer !== '');
  } catch (error) {
    // Only a warning hangs on it.
    if (error instanceof BadAnswer && error.reason !== 'rate-limited') return [];
    throw error;
  }
}
