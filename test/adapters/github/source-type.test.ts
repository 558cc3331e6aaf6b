import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type GitHubSettings,
  githubSourceType,
  openGitHubClient,
} from '../../../src/adapters/github/source-type.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { Diagnostic } from '../../../src/rules/diagnostic.ts';
import { Source } from '../../../src/rules/source.ts';
import { readYaml } from '../../../src/rules/yaml.ts';
import { readSource } from '../../../src/settings/read-sources.ts';
import { type FakeGitHub, startFakeGitHub } from '../../fakes/github/index.ts';
import { GOING_ON } from './client.ts';

/** The settings of one source as it is written, and what is wrong with it. */
function read(text: string) {
  const problems: Diagnostic[] = [];
  const source = new Source('rollbackd.yaml', text);
  const node = readYaml(source, problems);
  const surroundings = {
    resolve: (path: string) => `/etc/rollbackd/${path}`,
    readSecret: () => 'from the file',
  };
  const reading = { source, problems };
  const settings =
    node === undefined
      ? undefined
      : readSource('github', node, { types: [githubSourceType], reading, surroundings });
  return {
    own: settings?.own as GitHubSettings | undefined,
    problems: problems.map(({ message }) => message),
  };
}

describe('settings', () => {
  test('a token is enough', () => {
    const { own, problems } = read('type: github\ntoken_file: github.txt\n');

    expect(problems).toEqual([]);
    expect(own).toMatchObject({
      workflow: 'deploy.yml',
      job: null,
      artifacts: [],
      alerts: [],
      repository: null,
    });
    expect(own?.credentials?.is === 'token' && own.credentials.token.reveal()).toBe('from the file');
  });

  test('an App has its numbers and its key', () => {
    const { own, problems } = read(
      'type: github\napp: { app_id: 7, installation_id: 42, private_key_file: app.pem }\nalerts: [dependabot]\n',
    );

    expect(problems).toEqual([]);
    expect(own?.credentials).toMatchObject({ is: 'app', app: '7', installation: '42' });
    expect(own?.alerts).toEqual(['dependabot']);
  });

  const mistakes = [
    ['type: github\n', 'a source of type github needs a token or an App'],
    ['type: github\ntoken: x\ntoken_file: y\n', 'the secret is said here and above'],
    ['type: github\napp: { app_id: 7, installation_id: 42 }\n', 'a GitHub App needs a private key'],
    [
      'type: github\ntoken: x\napp: { app_id: 7, installation_id: 42, private_key: y }\n',
      'a token is said as well',
    ],
    ['type: github\ntoken: x\nrepository: ./remote.git\n', 'this is no repository on GitHub'],
    [
      'type: github\napp: { app_id: Iv1.x, installation_id: 42, private_key: y }\n',
      'this is not the number of an App or installation',
    ],
  ] as const;
  for (const [text, message] of mistakes) {
    test(`${message}`, () => expect(read(text).problems).toEqual([message]));
  }
});

describe('where the repository is', () => {
  const cases = [
    ['git@github.com:acme/dataops.git', null, 'acme/dataops', 'https://api.github.com'],
    ['https://github.com/acme/dataops', null, 'acme/dataops', 'https://api.github.com'],
    ['ssh://git@ssh.github.com:443/acme/dataops.git', null, 'acme/dataops', 'https://api.github.com'],
    [
      'https://x-access-token:ghs_secret@github.com/acme/dataops.git/',
      null,
      'acme/dataops',
      'https://api.github.com',
    ],
    ['git@ghe.acme.com:data/ops.git', null, 'data/ops', 'https://ghe.acme.com/api/v3'],
    [
      'https://ghe.acme.com/data/ops.git',
      'https://ghe.acme.com/api/v3/',
      'data/ops',
      'https://ghe.acme.com/api/v3',
    ],
    ['https://acme.ghe.com/data/ops.git', null, 'data/ops', 'https://api.acme.ghe.com'],
    ['acme/data.ops', null, 'acme/data.ops', 'https://api.github.com'],
  ] as const;
  for (const [remote, api, name, at] of cases) {
    test(`${remote} is ${name} at ${at}`, async () => {
      const { repositoryNamed } = await import('../../../src/adapters/github/repository-name.ts');
      const found = repositoryNamed(remote, api);

      expect(found).toEqual({ owner: name.split('/')[0], repo: name.split('/')[1], api: at });
    });
  }

  for (const remote of [
    '/srv/git/remote.git',
    './remote.git',
    'https://github.com/acme',
    'file:///srv/x/y',
    'a/b/c',
  ]) {
    test(`${remote} is none`, async () => {
      const environment = { repository: { remote, apiUrl: null, webUrl: null } };
      const { own } = read('type: github\ntoken: x\n');
      if (own === undefined) throw new Error('The settings are wrong');

      await expect(openGitHubClient(own, { environment, now: Date.now })).rejects.toThrow(OutsideError);
    });
  }
});

describe('the doctor', () => {
  let github: FakeGitHub;
  beforeEach(async () => {
    github = await startFakeGitHub();
    github.state.addWorkflow('deploy.yml');
    github.state.addWorkflow('rollback.yml');
  });
  afterEach(async () => {
    await github[Symbol.asyncDispose]();
    expect(github.problems).toEqual([]);
    // It changes nothing.
    expect(github.posts()).toEqual([]);
  });

  async function examine(text: string, starts: string | null = null, deployments: string | null = null) {
    const { examineGitHub } = await import('../../../src/adapters/github/index.ts');
    const { own } = read(`type: github\n${text}`);
    if (own === undefined) throw new Error('The settings are wrong');
    const environment = { repository: { remote: 'o/r', apiUrl: github.name.api, webUrl: null } };
    const client = await openGitHubClient(own, { environment, now: Date.now });
    const { workflow, alerts } = own;
    const examined = { name: 'github', client, workflow, alerts, starts, deployments };
    const findings = await examineGitHub(examined, GOING_ON);
    return findings.map(({ shape, sentence, help }) => [shape, sentence, ...help].join(' | '));
  }

  test('says what works', async () => {
    github.scopes = 'repo, workflow';

    expect(await examine('token: token\nalerts: [dependabot]\n', 'rollback.yml')).toEqual([
      'well | github: o/r, 4999 of 5000 calls are left this hour',
      'well | github: runs of deploy.yml can be read',
      'well | github: dependabot alerts can be read, 0 are open',
      'well | github: rollback.yml can be started',
    ]);
  });

  test('says whether deployments can be read, and that an environment may be called otherwise there', async () => {
    github.state.addDeployment({ environment: 'production' }, []);
    const settings = 'token: token\ndeploy_workflow: none\n';

    expect((await examine(settings, null, 'production')).at(-1)).toBe(
      'well | github: deployments to production can be read',
    );
    expect((await examine(settings, null, 'prod')).at(-1)).toMatch(
      /^unknown \| github: GitHub lists no deployment to prod \| Say names\.github/,
    );
    github.granted = { contents: 'read', metadata: 'read' };
    expect((await examine(settings, null, 'production')).at(-1)).toMatch(
      /^wrong \| github: deployments to production: .*Grant .*"Deployments: Read"/,
    );
  });

  test('names each permission that is missing, and how to grant it', async () => {
    github.granted = { contents: 'read' };
    github.state.canPush = false;
    const alerts = 'alerts: [code-scanning, dependabot, secret-scanning]';
    const found = await examine(`token: token\n${alerts}\n`, 'rollback.yml');

    expect(found.slice(1).map((line) => line.split(' | ').at(-1))).toEqual([
      'Grant the token or App the repository permission "Actions: Read"',
      'Grant the token or App the repository permission "Code scanning alerts: Read"',
      'Grant the token or App the repository permission "Dependabot alerts: Read"',
      'Grant the token or App the repository permission "Secret scanning alerts: Read"',
      'Grant the token or App the repository permission "Actions: Read and write"',
    ]);
    expect(found.slice(1).every((line) => line.startsWith('wrong'))).toBe(true);
  });

  test('does not claim what GitHub does not tell', async () => {
    const found = await examine('token: token\n', 'rollback.yml');

    expect(found.at(-1)).toMatch(/^unknown .* before it is tried/);
  });

  test('says of a workflow that is not there, or is switched off', async () => {
    github.state.addWorkflow('off.yml', '', 'disabled_manually');

    expect((await examine('token: token\ndeploy_workflow: gone.yml\n'))[1]).toMatch(
      /^wrong .*no workflow gone\.yml/,
    );
    expect((await examine('token: token\ndeploy_workflow: off.yml\n'))[1]).toBe(
      'wrong | github: the workflow off.yml is disabled_manually | gh workflow enable off.yml',
    );
    expect(await examine('token: token\ndeploy_workflow: none\n')).toHaveLength(1);
  });

  test('explains a token that is refused, and tries nothing more with it', async () => {
    const found = await examine('token: ghp_wrong\nalerts: [dependabot]\n');

    expect(found).toEqual([
      expect.stringMatching(/^wrong \| github: GitHub answered 401: Bad credentials \| Make a new/),
    ]);
    expect(found.join()).not.toContain('ghp_wrong');
  });

  test('says of alerts that are switched off how to go on', async () => {
    github.state.alerts.dependabot = null;

    expect((await examine('token: token\nalerts: [dependabot]\n'))[2]).toMatch(/^unknown .*switched off/);
  });
});
