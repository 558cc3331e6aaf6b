import { defineConfig } from 'vitest/config';
import { secondAttempt } from './test/second-attempts.ts';

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
    expect: { poll: { timeout: 10_000 } },
    retry: secondAttempt,
  },
});
