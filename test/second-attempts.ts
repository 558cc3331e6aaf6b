import type { Reporter, TestCase } from 'vitest/node';

/**
 * In CI, whose machine is shared, a test may fail once where it waits for other programs. Never one about properties:
 * its second attempt takes other examples.
 */
export const secondAttempt = { count: process.env.CI ? 1 : 0, condition: /^(?!Property failed)/ };

/**
 * Names, at the end, every test that failed once and then passed: each is a defect to mend, though not one to stop at.
 *
 * @public vitest loads it by its path: `.ci/run`.
 */
export default class SecondAttempts implements Reporter {
  readonly #tests: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const [error] = test.result().errors ?? [];
    this.#tests.push(
      `${test.module.relativeModuleId} > ${test.fullName}: ${error?.message ?? 'no error is known'}`,
    );
  }

  onTestRunEnd(): void {
    for (const test of this.#tests) console.log(`PASSED AT THE SECOND ATTEMPT ONLY: ${test}`);
  }
}
