import { Refusal } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import type { ArtifactsReceipt } from '../../ports/control.ts';
import { LARGEST_ARTIFACT, parseRunResults, parseSources, tooLarge } from './artifact.ts';
import type { Intake } from './intake.ts';
import { plain } from './plain-text.ts';

/** dbt artifacts as JSON text, unzipped; null where absent. */
export interface DbtArtifacts {
  readonly runResults: Buffer | null;
  readonly manifest: Buffer | null;
  readonly sources: Buffer | null;
}

interface Delivery {
  readonly artifacts: DbtArtifacts;
  readonly startedBy: string | null;
  readonly intake: Intake;
}

/** What came of a delivery: the receipt for its sender, and the signals to store. A repeated one gives the same signals. */
export interface Received {
  readonly receipt: ArtifactsReceipt;
  readonly signals: readonly Signal[];
}

/** Takes pushed artifacts. Throws Refusal when one is not what dbt writes, or none came. */
export async function receive({ artifacts, startedBy, intake }: Delivery): Promise<Received> {
  const { runResults, manifest, sources } = artifacts;
  if (runResults === null && manifest === null && sources === null) {
    throw new Refusal(
      'invalid',
      'artifact-missing',
      'No dbt artifact came',
      'Send run_results, sources or manifest.',
    );
  }
  await intake.open();
  // Parsed first, so that a bad one refuses the delivery as a whole.
  const found = [
    ...(runResults === null ? [] : [await read('run_results.json', runResults, parseRunResults)]),
    ...(sources === null ? [] : [await read('sources.json', sources, parseSources)]),
  ];
  const metadata =
    manifest === null ? null : await read('manifest.json', manifest, (bytes) => intake.takeManifest(bytes));
  const isNew = found.map((one) => intake.takeDirectly(one));
  const signals = found.flatMap(({ artifact }) => intake.tell(artifact, startedBy));
  const receipt: ArtifactsReceipt = {
    invocation: found[0]?.artifact.metadata.invocation ?? metadata?.artifact.invocation ?? null,
    signals: signals.length,
    duplicate: found.length > 0 && !isNew.includes(true),
    noEvidence: found.length === 0 ? 'a manifest alone proves nothing' : whyNone(signals),
  };
  return { receipt, signals };
}

async function read<T>(
  name: string,
  bytes: Buffer,
  parse: (bytes: Buffer) => Promise<T>,
): Promise<{ readonly artifact: T; readonly bytes: Buffer }> {
  try {
    if (bytes.length > LARGEST_ARTIFACT) throw tooLarge(name, bytes.length);
    return { artifact: await parse(bytes), bytes };
  } catch (error) {
    const why = plain(error instanceof Error ? error.message : String(error), 300);
    throw new Refusal(
      'invalid',
      'artifact-unreadable',
      `${name} cannot be read: ${why}`,
      'Send the file as dbt wrote it.',
    );
  }
}

function whyNone(signals: readonly Signal[]): string | null {
  const invocations = signals.filter((signal) => signal.kind === 'dbt.invocation');
  if (invocations.some((signal) => signal.attributes.status === 'completed')) return null;
  const reason = invocations[0]?.attributes.reason;
  return typeof reason === 'string' ? reason : null;
}
