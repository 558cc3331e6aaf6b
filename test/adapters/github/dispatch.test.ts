import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutsideError } from '../../../src/core/errors.ts';
import { type DispatchFault, type FakeGitHub, startFakeGitHub } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

const DISPATCH = { workflow: 'rollback.yml', ref: 'main', inputs: { target_commit: 'a'.repeat(40) } };

let github: FakeGitHub;

beforeEach(async () => {
  github = await startFakeGitHub();
  github.state.addWorkflow('rollback.yml');
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OutsideError) return error.reason;
    throw error;
  }
  return 'it worked';
}

describe('starting a workflow', () => {
  test('GitHub tells which run it is', async () => {
    const dispatched = await clientOf(github).dispatch(DISPATCH, GOING_ON);

    expect(github.state.dispatches).toMatchObject([DISPATCH]);
    expect(dispatched).toEqual({ is: 'accepted', run: github.state.dispatches[0]?.run });
  });

  test('a server that does not tell which run it is has accepted it all the same', async () => {
    github.dispatchFaults.push('204');

    expect(await clientOf(github).dispatch(DISPATCH, GOING_ON)).toEqual({ is: 'accepted', run: null });
  });

  test('a server that does not know the wish for the run is asked without it, and starts it once', async () => {
    github.dispatchFaults.push('422-details', '422-details');

    expect(await clientOf(github).dispatch(DISPATCH, GOING_ON)).toEqual({ is: 'accepted', run: null });
    expect(github.state.dispatches).toHaveLength(1);
  });

  const ambiguous: readonly DispatchFault[] = ['drop-after', '502-after', 'slow-after', 'drop-before'];
  for (const fault of ambiguous) {
    test(`${fault}: what became of it is not known, and it is not sent again`, async () => {
      github.dispatchFaults.push(fault);

      const dispatched = await clientOf(github, { timeout: 300 }).dispatch(DISPATCH, GOING_ON);

      expect(dispatched.is).toBe('unknown');
      expect(github.posts()).toHaveLength(1);
    });
  }

  test('a page of a proxy with status 200 is no acceptance', async () => {
    github.fail(/dispatches$/, 'html');

    expect((await clientOf(github).dispatch(DISPATCH, GOING_ON)).is).toBe('unknown');
    expect(github.posts()).toHaveLength(1);
  });

  const refused: readonly (readonly [DispatchFault, string])[] = [
    ['422-inputs', 'refused'],
    ['403', 'auth'],
    ['429', 'rate-limited'],
  ];
  for (const [fault, reason] of refused) {
    test(`${fault}: nothing was started, and that is certain`, async () => {
      github.dispatchFaults.push(fault);

      expect(await reasonOf(clientOf(github).dispatch(DISPATCH, GOING_ON))).toBe(reason);
      expect(github.posts()).toHaveLength(1);
    });
  }

  test('a missing permission is named as GitHub names it', async () => {
    github.dispatchFaults.push('403');

    await expect(clientOf(github).dispatch(DISPATCH, GOING_ON)).rejects.toThrow('(it needs actions=write)');
  });

  test('a workflow that is not there, or is switched off, was not started', async () => {
    github.state.addWorkflow('off.yml', '', 'disabled_manually');
    const client = clientOf(github);

    expect(await reasonOf(client.dispatch({ ...DISPATCH, workflow: 'gone.yml' }, GOING_ON))).toBe('refused');
    expect(await reasonOf(client.dispatch({ ...DISPATCH, workflow: 'off.yml' }, GOING_ON))).toBe('refused');
  });

  test('where nothing listens, nothing was sent, and that is certain', async () => {
    const gone = await startFakeGitHub();
    await gone[Symbol.asyncDispose]();

    expect(await reasonOf(clientOf(gone).dispatch(DISPATCH, GOING_ON))).toBe('unreachable');
  });

  test('a caller who gave up gets his own reason', async () => {
    github.dispatchFaults.push('slow-after');
    const giving = new AbortController();
    const call = clientOf(github).dispatch(DISPATCH, giving.signal);
    setTimeout(() => giving.abort(new Error('shutting down')), 100);

    await expect(call).rejects.toThrow('shutting down');
  });
});
