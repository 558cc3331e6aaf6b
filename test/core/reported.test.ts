import { describe, expect, test } from 'vitest';
import { isWorkflow, reportedCommit, reportedState } from '../../src/core/reported.ts';

const LEFT = '2'.repeat(40);
const TO = '1'.repeat(40);

describe('a list of deployments', () => {
  test.each([
    ['in_progress', 'started'],
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['error', 'failed'],
    ['queued', undefined],
    ['pending', undefined],
    ['waiting', undefined],
    ['inactive', undefined],
    ['constructor', undefined],
  ])('says %s of one: %s', (word, state) => {
    expect(reportedState(word)).toBe(state);
  });

  test.each([
    ['deploy', null, LEFT],
    ['deploy', { to: TO }, LEFT],
    ['', undefined, LEFT],
    ['rollback', { from: LEFT, to: TO }, TO],
    ['Rollback:dbt', JSON.stringify({ to: TO }), TO],
    ['rollback', '', undefined],
    ['rollback', 'null', undefined],
    ['rollback', '{"to"', undefined],
    ['rollback', { to: 'v1.2.3' }, undefined],
    ['rollback', { to: [TO] }, undefined],
    ['rollbacks-are-fun', { to: TO }, LEFT],
  ])('of the task "%s" with %j it is about %s', (task, payload, commit) => {
    expect(reportedCommit({ commit: LEFT, task, payload })).toBe(commit);
  });

  test('names a workflow by its path, which may have a branch behind it', () => {
    expect(isWorkflow('.github/workflows/rollback.yml', 'rollback.yml')).toBe(true);
    expect(isWorkflow('.github/workflows/rollback.yml@main', 'rollback.yml')).toBe(true);
    expect(isWorkflow('.github/workflows/not-rollback.yml', 'rollback.yml')).toBe(false);
    expect(isWorkflow('', 'rollback.yml')).toBe(false);
  });
});
