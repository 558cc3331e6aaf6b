import { describe, expect, it } from 'vitest';
import { configPath, connect } from '../../src/cli/connection.ts';
import { terminal } from './terminal.ts';

/** A machine with these files; everything else is absent. */
function machine(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  return terminal({
    env,
    readFile: async (path) => {
      const text = files[path];
      if (text === 'DENIED') throw Object.assign(new Error('denied'), { code: 'EACCES' });
      if (text === undefined) throw Object.assign(new Error('absent'), { code: 'ENOENT' });
      return new TextEncoder().encode(text);
    },
  }).io;
}

const CONFIG =
  'server: { listen: 0.0.0.0:9000 }\nstate: { sqlite: ./var/r.db }\nmail:\n  password: ${NOT_SET}\n';
const OWN = { '/home/ann/rollbackd.yaml': CONFIG, '/home/ann/var/cli.token': 'rbd_local\n' };

describe('the way to the daemon', () => {
  it('is the address of the configuration, with the token of the local operator', async () => {
    const { url, token } = await connect(machine(OWN), {});
    expect([url, token?.reveal()]).toEqual(['http://127.0.0.1:9000', 'rbd_local']);
  });

  it('is the usual address where no configuration is there', async () => {
    expect((await connect(machine({}), {})).url).toBe('http://127.0.0.1:8790');
  });

  it('survives a configuration that is broken, for the daemon runs with the one it read before', async () => {
    expect((await connect(machine({ '/home/ann/rollbackd.yaml': '{{{' }), {})).url).toBe(
      'http://127.0.0.1:8790',
    );
  });

  it('prefers --url to ROLLBACKD_URL to the configuration', async () => {
    const io = machine(OWN, { ROLLBACKD_URL: 'https://b.example.com/' });
    expect((await connect(io, { url: 'https://a.example.com' })).url).toBe('https://a.example.com');
    expect((await connect(io, {})).url).toBe('https://b.example.com');
  });

  it.each([
    'https://rollbackd.example.com',
    'http://10.0.0.7:8790',
    'http://127.0.0.1.evil.example',
    'http://localhost.example',
  ])('never shows the local token to %s', async (url) => {
    const { token, withoutToken } = await connect(machine(OWN), { url });
    expect([token, withoutToken]).toEqual([null, 'ROLLBACKD_TOKEN is not set.']);
  });

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1'])('shows it to %s', async (url) => {
    expect((await connect(machine(OWN), { url })).token?.reveal()).toBe('rbd_local');
  });

  it('prefers a token that was set', async () => {
    const { token } = await connect(machine(OWN, { ROLLBACKD_TOKEN: 'rbd_mine' }), {
      url: 'https://a.example.com',
    });
    expect(token?.reveal()).toBe('rbd_mine');
  });

  it('says why the local token cannot be used', async () => {
    const denied = await connect(machine({ ...OWN, '/home/ann/var/cli.token': 'DENIED' }), {});
    expect(denied.withoutToken).toBe(
      'ROLLBACKD_TOKEN is not set, and /home/ann/var/cli.token may not be read by you.',
    );
    expect((await connect(machine({}), {})).withoutToken).toContain('/home/ann/state/cli.token is not there');
  });

  it('does not show the token when it is printed', async () => {
    expect(JSON.stringify(await connect(machine(OWN), {}))).not.toContain('rbd_local');
  });

  it('finds the configuration by option, environment, or in the working directory', () => {
    const io = { cwd: '/home/ann', env: { ROLLBACKD_CONFIG: '/etc/rollbackd.yaml' } };
    expect(configPath(io, 'x.yaml')).toBe('/home/ann/x.yaml');
    expect(configPath(io, undefined)).toBe('/etc/rollbackd.yaml');
    expect(configPath({ ...io, env: {} }, undefined)).toBe('/home/ann/rollbackd.yaml');
  });

  it('sends the token once, to the address that was asked, and follows nobody elsewhere', async () => {
    const asked: RequestInit[] = [];
    const { run } = terminal({
      env: { ROLLBACKD_TOKEN: 'rbd_mine' },
      fetch: async (_, init) => {
        asked.push(init);
        return Response.json({ environments: [] });
      },
    });
    await run('status');
    expect(asked).toMatchObject([{ redirect: 'error', headers: { authorization: 'Bearer rbd_mine' } }]);
  });
});
