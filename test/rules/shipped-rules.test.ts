import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkRules } from '../../src/rules/check-rules.ts';
import { isTestFile } from '../../src/rules/load-rules.ts';
import { testRules } from '../../src/rules/test-rules.ts';
import { readRuleFiles } from '../../src/settings/files.ts';
import { SIGNAL_KINDS } from '../../src/source-types.ts';
import { schemaFiles } from '../../tools/schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { files } = readRuleFiles([`${root}rules`]);
const VERBS = [
  'schedule.pause',
  'git.revert',
  'work-tree.move',
  'dbt.run',
  'health.prove',
  'schedule.resume',
];

describe('the rules that are shipped', () => {
  const { loaded, text, exitCode } = checkRules(files, SIGNAL_KINDS);

  test('are right, and each file of them is tested', () => {
    expect(text).toContain('no errors');
    expect(exitCode).toBe(0);
  });

  test('do what their tests say', () => {
    const tested = testRules({ loaded, kinds: SIGNAL_KINDS, verbs: VERBS, stopwatch: () => 0, report: null });

    expect(tested.text).toContain(`${loaded.tests.length} passed, in`);
    expect(tested.exitCode).toBe(0);
    expect(loaded.tests.length).toBeGreaterThan(30);
  });

  test('every rule is breached by some test: take one away and its tests fail', () => {
    for (const rule of loaded.rules) {
      const rules = loaded.rules.filter((each) => each !== rule);
      const tests = loaded.tests.filter((each) => each.file.replace('.test', '') === rule.file);
      const without = testRules({
        loaded: { ...loaded, rules, tests },
        kinds: SIGNAL_KINDS,
        verbs: VERBS,
        stopwatch: () => 0,
        report: null,
      });
      expect(without.exitCode, rule.name).toBe(1);
    }
  });
});

describe('the JSON Schemas for editors', () => {
  const schemas = schemaFiles();

  test.each([...schemas.keys()])('schema/%s is current; if not: node tools/schema.ts', (name) => {
    expect(readFileSync(`${root}schema/${name}`, 'utf8')).toBe(schemas.get(name));
  });

  test('accept what is shipped', () => {
    const check = (schema: string, text: string) => {
      const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schemas.get(schema) ?? ''));
      validate(parse(text));
      return validate.errors;
    };

    for (const { path, text } of files) {
      expect(check(isTestFile(path) ? 'rule-tests.schema.json' : 'rules.schema.json', text), path).toBeNull();
    }
    expect(check('rollbackd.schema.json', readFileSync(`${root}rollbackd.yaml`, 'utf8'))).toBeNull();
    expect(check('rules.schema.json', 'rules: [{ nme: x }]')).not.toBeNull();
  });
});
