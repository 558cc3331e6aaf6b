#!/usr/bin/env node
import * as module from 'node:module';

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `rollbackd needs Node 24 or newer; this is ${process.version} (${process.execPath}).\n`,
  );
  process.exit(69);
}
module.enableCompileCache();
await import('../dist/main.js');
