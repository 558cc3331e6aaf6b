// Writes schema/*.json from the shapes that read the files: node tools/schema.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ruleSchemas } from '../src/rules/schemas.ts';
import { settingsSchema } from '../src/settings/schema.ts';
import { SIGNAL_KINDS, SOURCE_TYPES } from '../src/source-types.ts';

/** The files under schema/, by name: the same text every time. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const { rules, tests } = ruleSchemas(SIGNAL_KINDS);
  const schemas = {
    'rollbackd.schema.json': settingsSchema(SOURCE_TYPES),
    'rules.schema.json': rules,
    'rule-tests.schema.json': tests,
  };
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

if (import.meta.main) {
  const directory = fileURLToPath(new URL('../schema/', import.meta.url));
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of schemaFiles()) writeFileSync(`${directory}${name}`, text);
}
