import { minutes, seconds } from '../../core/time.ts';
import { text } from '../../rules/scalars.ts';
import { type Fields, list, optional, required } from '../../rules/shape.ts';
import { type SourceType, sourceType } from '../../settings/source-type.ts';
import { DOCKER_KINDS } from './kinds.ts';

const fields = {
  project: required(text, 'The compose project: the label com.docker.compose.project.'),
  services: optional(list(text), [], 'Services that should be there. Default: those that are found.'),
  read: optional(text, '/var/run/docker.sock', 'A socket, or a socket proxy: tcp://proxy:2375.'),
} satisfies Fields;

interface DockerSettings {
  readonly project: string;
  readonly services: readonly string[];
  readonly read: string;
}

const docker: SourceType<typeof fields, DockerSettings> = {
  type: 'docker',
  kinds: DOCKER_KINDS,
  fields,
  defaults: { poll: seconds(15), expectEvery: minutes(5) },
  own: ({ project, services, read }) => ({ project, services, read }),
  async open({ name, poll, own }, { environment, now }) {
    const { createDockerSource } = await import('./index.ts');
    return createDockerSource({ ...own, name, poll, now, environment: environment.environment.name });
  },
  async examine({ name, own }, _, abort) {
    const { examineDocker } = await import('./index.ts');
    return examineDocker({ ...own, name }, abort);
  },
};

/** Containers of a compose project. */
export const dockerSourceType = sourceType(docker);
