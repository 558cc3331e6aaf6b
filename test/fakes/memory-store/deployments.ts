import type { Deployment } from '../../../src/core/deployment.ts';
import { Conflict, type DeploymentStore } from '../../../src/ports/store.ts';
import { keyOf, type State, sortedBy } from './state.ts';

export function memoryDeployments(state: State): DeploymentStore {
  return {
    async deployments(environment) {
      const own = [...state.deployments.values()].filter(
        (deployment) => deployment.environment === environment,
      );
      return sortedBy(own, (deployment) => deployment.sequence);
    },
    async putDeployments(deployments) {
      const after = new Map(state.deployments);
      for (const deployment of deployments) {
        mustBeItsOwn(deployment, after);
        after.set(deployment.id, deployment);
      }
      for (const [id, deployment] of after) state.deployments.set(id, deployment);
    },
    async announce(announcement) {
      const { environment, from, commit, state: said, at, runUrl } = announcement;
      const key = keyOf(environment, from, commit, said, at, runUrl);
      if (state.announcements.has(key)) return false;
      state.announcements.set(key, announcement);
      return true;
    },
    async announcements(environment, since) {
      const own = [...state.announcements.values()].filter(
        (each) => each.environment === environment && (each.at >= since || each.seenAt >= since),
      );
      return sortedBy(own, (each) => each.at);
    },
    async quarantine(quarantine) {
      state.quarantines.set(keyOf(quarantine.environment, quarantine.version), quarantine);
    },
    async liftQuarantine(environment, version) {
      state.quarantines.delete(keyOf(environment, version));
    },
    async quarantined(environment) {
      const own = [...state.quarantines.values()].filter((each) => each.environment === environment);
      return sortedBy(own, (each) => each.at);
    },
  };
}

function mustBeItsOwn(deployment: Deployment, all: ReadonlyMap<string, Deployment>): void {
  const { id, environment, sequence } = deployment;
  for (const other of all.values()) {
    if (other.id === id || other.environment !== environment || other.sequence !== sequence) continue;
    throw new Conflict(`${environment}, ${sequence} is ${other.id}`);
  }
}
