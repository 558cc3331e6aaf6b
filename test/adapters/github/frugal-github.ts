import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How a dispatch is answered once it was taken. */
export type Taken = 'run' | 'nothing' | 'dropped' | 502 | 504;

interface FrugalRun {
  readonly id: number;
  readonly createdAt: number;
  readonly shownFrom: number;
  readonly inputs: Readonly<Record<string, string>>;
  readonly event?: string;
  readonly actor?: string;
  status: string;
  conclusion: string | null;
}

/**
 * A GitHub made from its documentation alone and not from our client: below a path, as an Enterprise server is, with
 * the fewest fields that a reply can have, and none of the pages that are not needed.
 */
export class FrugalGitHub implements AsyncDisposable {
  now: () => number = Date.now;
  /** Text of .github/workflows/rollback.yml on the default branch. */
  file = '';
  taken: Taken = 'run';
  /** A run is listed and shown after this long, ms. */
  hidesFor = 0;
  /** Its clock is ahead of ours by this, ms. */
  skew = 0;
  readonly runs: FrugalRun[] = [];
  /** Every POST that arrived, whatever became of it. */
  readonly posts: string[] = [];
  /** What else happens at the moment of a dispatch. */
  beside: () => void = () => undefined;
  /** Whether runs have jobs to show. */
  jobs: readonly { readonly name: string; readonly conclusion: string }[] | null = null;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FrugalGitHub> {
    const github = new FrugalGitHub();
    await new Promise<void>((resolve) => github.#server.listen(0, '127.0.0.1', resolve));
    return github;
  }

  get api(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`;
  }

  begin(run: Partial<FrugalRun> = {}): FrugalRun {
    const createdAt = this.now() + this.skew;
    const begun = {
      ...{ id: 900_000 + this.runs.length, createdAt, shownFrom: this.now() + this.hidesFor },
      ...{ inputs: {}, status: 'queued', conclusion: null, ...run },
    };
    this.runs.push(begun);
    return begun;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path } = new URL(request.url ?? '/', 'http://x');
    const sent = await text(request);
    if (request.method === 'POST') {
      this.posts.push(path);
      return this.#take(path, sent, response);
    }
    const body = this.#page(path.replace(/^\/api\/v3\/repos\/acme\/data/, ''));
    this.#say(response, body === undefined ? 404 : 200, body ?? { message: 'Not Found' });
  }

  #take(path: string, sent: string, response: ServerResponse): void {
    if (!path.endsWith('/actions/workflows/rollback.yml/dispatches')) {
      const run = this.runs.find(({ id }) => path.endsWith(`/runs/${id}/cancel`));
      if (run !== undefined) Object.assign(run, { status: 'completed', conclusion: 'cancelled' });
      return void this.#say(response, run === undefined ? 404 : 202, {});
    }
    const { inputs } = JSON.parse(sent) as { inputs: Record<string, string> };
    const run = this.begin({ inputs });
    this.beside();
    if (this.taken === 'dropped') return void response.socket?.destroy();
    if (this.taken === 'nothing') return void response.writeHead(204).end();
    if (this.taken === 'run') return void this.#say(response, 200, { workflow_run_id: run.id });
    response.writeHead(this.taken, { 'content-type': 'text/html' }).end('<html>Unicorn!</html>');
  }

  #page(path: string): unknown {
    switch (path) {
      case '':
        return { default_branch: 'main' };
      case '/contents/.github/workflows/rollback.yml':
        return {
          encoding: 'base64',
          content: Buffer.from(this.file)
            .toString('base64')
            .replace(/(.{60})/g, '$1\n'),
        };
      case '/actions/workflows/rollback.yml':
        return { id: 1, state: 'active' };
      case '/actions/workflows/rollback.yml/runs':
        return { total_count: this.runs.length, workflow_runs: this.#shown().map((run) => this.#said(run)) };
    }
    const [, id, jobs] = /^\/actions\/runs\/(\d+)(\/jobs)?$/.exec(path) ?? [];
    const run = this.#shown().find((each) => String(each.id) === id);
    if (run === undefined) return undefined;
    if (jobs === undefined) return this.#said(run);
    return this.jobs === null
      ? undefined
      : { jobs: this.jobs.map((job, index) => ({ id: index, status: 'completed', ...job })) };
  }

  #shown(): readonly FrugalRun[] {
    return this.runs.filter(({ shownFrom }) => shownFrom <= this.now()).toReversed();
  }

  #said({ id, createdAt, status, conclusion, event, actor }: FrugalRun) {
    const created_at = `${new Date(createdAt).toISOString().slice(0, 19)}Z`;
    const who = actor === undefined ? {} : { actor: { login: actor } };
    return { id, status, conclusion, created_at, ...(event === undefined ? {} : { event }), ...who };
  }

  #say(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
