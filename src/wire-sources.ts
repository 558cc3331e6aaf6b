import type { World } from './engine/world.ts';
import type { Repository } from './ports/repository.ts';
import type { SignalSource } from './ports/signal-source.ts';
import type { EnvironmentSettings, Settings, SourceSettings } from './settings/settings.ts';
import type { SourceTools } from './settings/source-type.ts';
import { typeOfSource } from './source-types.ts';

interface Needs {
  readonly settings: Settings;
  readonly stateDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly repository: Repository;
  readonly clock: World['clock'];
  readonly log: World['log'];
  /** Absent while sources are only tried. */
  readonly deliver?: SourceTools['deliver'];
}

/** The sources of one environment, opened side by side. */
export async function openSources(
  configured: EnvironmentSettings,
  needs: Needs,
): Promise<readonly SignalSource[]> {
  const opened: SignalSource[] = [];
  const tools = toolsFor(configured, needs, () => opened);
  opened.push(
    ...(await Promise.all(
      sourcesOf(configured, needs.settings).map((source) => typeOfSource(source.type).open(source, tools)),
    )),
  );
  return opened;
}

/** The settings of an environment's sources, in the order in which it names them. */
export function sourcesOf(configured: EnvironmentSettings, settings: Settings): readonly SourceSettings[] {
  return configured.environment.sources.map(({ name }) => {
    const source = settings.sources.get(name);
    if (source === undefined) throw new Error(`The settings name no source "${name}"`);
    return source;
  });
}

/** What a source may use. `opened`: the environment's sources, as far as they are open. */
export function toolsFor(
  environment: EnvironmentSettings,
  { settings, stateDirectory, env, repository, clock, log, deliver }: Needs,
  opened: () => readonly SignalSource[],
): SourceTools {
  return {
    environment,
    stateDirectory,
    severity: settings.severity,
    env,
    repository,
    relations: async () => (await Promise.all(opened().map((source) => source.relations?.() ?? []))).flat(),
    ...(deliver === undefined ? {} : { deliver }),
    now: clock.now,
    log,
  };
}
