import type { SignalKind } from '../core/signal.ts';
import { policyFileShape } from './policy-file.ts';
import { testFileShape } from './rule-test.ts';
import type { JsonSchema } from './shape.ts';
import { vocabulariesOf } from './vocabulary.ts';

/** JSON Schemas for the files under rules/, for editors. The loader checks more than they can say. */
export function ruleSchemas(kinds: readonly SignalKind[]): {
  readonly rules: JsonSchema;
  readonly tests: JsonSchema;
} {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema' };
  return {
    rules: { ...head, title: 'rollbackd rules, decision matrix and escalation', ...policyFileShape.schema },
    tests: { ...head, title: 'rollbackd rule tests', ...testFileShape(vocabulariesOf(kinds)).schema },
  };
}
