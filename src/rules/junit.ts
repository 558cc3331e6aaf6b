import type { Duration } from '../core/time.ts';
import type { RuleTestResult } from './run-rule-tests.ts';

/** The results as JUnit XML, as build servers read it; one suite for each file. */
export function writeJUnit(results: readonly RuleTestResult[], took: Duration): string {
  const suites = [...Map.groupBy(results, (result) => result.test.file)].map(([file, all]) =>
    suite(file, all),
  );
  const failures = results.filter((each) => each.failure !== null).length;
  const head = `<testsuites name="rollbackd rules" tests="${results.length}" failures="${failures}" time="${(took / 1_000).toFixed(3)}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join('')}</testsuites>\n`;
}

function suite(file: string, results: readonly RuleTestResult[]): string {
  const failures = results.filter((each) => each.failure !== null).length;
  const cases = results.map((result) => testCase(result)).join('');
  return `  <testsuite name="${escapeXml(file)}" tests="${results.length}" failures="${failures}">\n${cases}  </testsuite>\n`;
}

function testCase({ test, failure }: RuleTestResult): string {
  const open = `    <testcase classname="${escapeXml(test.file)}" name="${escapeXml(test.name)}" file="${escapeXml(test.file)}" line="${test.line}"`;
  if (failure === null) return `${open}/>\n`;
  const wrong = 'broke' in failure ? [] : failure.compared.filter((each) => each.differs);
  const text =
    'broke' in failure
      ? failure.broke
      : wrong.map((each) => `${each.what}: expected ${each.expected}, got ${each.got}`).join('\n');
  const because = 'broke' in failure ? '' : failure.because;
  const message = escapeXml(text.split('\n')[0] ?? '');
  return `${open}>\n      <failure message="${message}">${escapeXml(because === '' ? text : `${text}\n${because}`)}</failure>\n    </testcase>\n`;
}

/** XML has no way to write most control characters, so they are dropped. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
