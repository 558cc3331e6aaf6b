import { defineConfig } from 'vitest/config';
import { secondAttempt } from './test/second-attempts.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 3,
    expect: { poll: { timeout: 10_000 } },
    retry: secondAttempt,
  },
});
