import { Conflict, type Switches } from '../../../src/ports/store.ts';
import { keyOf, type State, sortedBy } from './state.ts';

export function memorySwitches(state: State): Switches {
  return { ...modes(state), ...known(state), ...tokens(state), ...ledgers(state) };
}

function modes(state: State): Pick<Switches, 'mode' | 'setMode' | 'freezes' | 'freeze' | 'unfreeze'> {
  return {
    async mode(environment) {
      return state.modes.get(environment);
    },
    async setMode(environment, mode) {
      state.modes.set(environment, mode);
    },
    async freezes(environment) {
      const own = [...state.freezes.values()].filter((freeze) => freeze.environment === environment);
      return sortedBy(own, (freeze) => freeze.from);
    },
    async freeze(freeze) {
      state.freezes.set(freeze.id, freeze);
    },
    async unfreeze(id, at) {
      const freeze = state.freezes.get(id);
      if (freeze === undefined) return false;
      state.freezes.set(id, { ...freeze, until: Math.min(freeze.until ?? at, at) });
      return true;
    },
  };
}

function known(state: State): Pick<Switches, 'known' | 'know' | 'forget' | 'allow' | 'allowed'> {
  return {
    async known(environment) {
      const own = [...state.known].filter(([, each]) => each.environment === environment);
      return own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each.known);
    },
    async know(environment, list) {
      for (const each of list) {
        state.known.set(keyOf(environment, each.rule, each.kind, each.subject), { environment, known: each });
      }
    },
    async forget(environment, kind, subject) {
      for (const [key, each] of state.known) {
        const same = each.known.kind === kind && each.known.subject === subject;
        if (each.environment === environment && same) state.known.delete(key);
      }
    },
    async allow(entry) {
      const key = keyOf(entry.environment, entry.commit, entry.incident);
      if (!state.allowed.has(key)) state.allowed.set(key, entry);
    },
    async allowed(environment) {
      const own = [...state.allowed.values()].filter((entry) => entry.environment === environment);
      return own.map(({ commit, incident, by }) => ({ commit, incident, by }));
    },
  };
}

function tokens(state: State): Pick<Switches, 'tokenByHash' | 'putToken' | 'tokens'> {
  return {
    async tokenByHash(hash) {
      return [...state.tokens.values()].find((token) => token.hash === hash);
    },
    async putToken(token) {
      const twin = [...state.tokens.values()].find(
        (each) => each.hash === token.hash && each.id !== token.id,
      );
      if (twin !== undefined) throw new Conflict(`${twin.id} has this hash`);
      state.tokens.set(token.id, token);
    },
    async tokens() {
      return sortedBy(state.tokens.values(), (token) => token.createdAt);
    },
  };
}

function ledgers(state: State): Pick<Switches, 'remember' | 'answer' | 'audit' | 'audits' | 'get' | 'set'> {
  return {
    async remember(key, answer, at) {
      const before = state.remembered.get(key);
      if (before === undefined) state.remembered.set(key, { answer, at });
      return before?.answer;
    },
    async answer(key, answer) {
      const before = state.remembered.get(key);
      if (before !== undefined) state.remembered.set(key, { ...before, answer });
    },
    async audit(entry) {
      state.audits.add({ ...entry });
    },
    async audits(limit) {
      return [...state.audits].reverse().slice(0, limit);
    },
    async get(key) {
      return state.kept.get(key);
    },
    async set(key, value) {
      state.kept.set(key, value);
    },
  };
}
