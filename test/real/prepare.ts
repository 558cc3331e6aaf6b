import { ensureCompose } from './docker-engine.ts';
import { ensureDebian } from './install.ts';

// What takes minutes to make, made before the tests begin, so that their time limits are about the tests.
await ensureDebian('dockerd', 'docker.io');
await ensureCompose();
