import { OutsideError } from '../../core/errors.ts';
import { counted, listed } from '../../core/wording.ts';
import type { Finding } from '../../ports/finding.ts';
import { createEngine } from './engine.ts';
import type { DockerSourceOptions } from './options.ts';

type Examined = Pick<DockerSourceOptions, 'name' | 'project' | 'services' | 'read'>;

/** Whether the engine answers, and whether the project and its services are there. */
export async function examineDocker(options: Examined, abort: AbortSignal): Promise<readonly Finding[]> {
  try {
    return [await examined(options, abort)];
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const help =
      error.reason === 'auth'
        ? 'Try:  usermod -aG docker USER, or a socket proxy'
        : `Look at: sources.${options.name}.read`;
    return [said('wrong', `${options.name}: ${error.message}`, [help])];
  }
}

async function examined({ name, project, services, read }: Examined, abort: AbortSignal): Promise<Finding> {
  const containers = await createEngine(read).list(['com.docker.compose.project'], abort);
  const projects = new Set(containers.map(({ Labels }) => Labels['com.docker.compose.project'] ?? ''));
  const key = `Look at: sources.${name}.project`;
  if (!projects.has(project)) {
    const seen = projects.size === 0 ? 'none is seen' : `projects seen: ${listed([...projects].sort())}`;
    return said('wrong', `${name}: no container of project ${project}; ${seen}`, [key]);
  }
  const ours = containers.filter(({ Labels }) => Labels['com.docker.compose.project'] === project);
  const there = new Set(ours.map(({ Labels }) => Labels['com.docker.compose.service'] ?? ''));
  const missing = services.filter((each) => !there.has(each));
  if (missing.length > 0) {
    const seen = listed([...there].sort());
    return said('wrong', `${name}: no container of ${listed(missing)}; services seen: ${seen}`, [
      `Look at: sources.${name}.services`,
    ]);
  }
  return said('well', `${name}: ${counted(ours.length, 'container')} of project ${project}`);
}

function said(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'docker', shape, sentence, help };
}
