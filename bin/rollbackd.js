#!/usr/bin/env node
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `rollbackd needs Node 24 or newer; this is ${process.version} (${process.execPath}).\n`,
  );
  process.exit(69);
}
await import('../dist/start.js');
