import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import type { AirflowSourceOptions } from './options.ts';
import type { ImportError } from './schema.ts';
import { importErrorFact, importMendedFact, lastLine, signalOf } from './signals.ts';
import type { Told } from './told.ts';

/** Files that became broken, are broken in another way, or can be imported again since the last look. */
export function lookAtImports(
  errors: readonly ImportError[],
  broken: Told['broken'],
  {
    options,
    now,
  }: { readonly options: Pick<AirflowSourceOptions, 'name' | 'environment'>; readonly now: Instant },
): { readonly signals: readonly Signal[]; readonly broken: Told['broken'] } {
  const signals: Signal[] = [];
  const still = errors.map((each) => {
    const error = lastLine(each.stack);
    const known = broken.find(({ file }) => file === each.file);
    if (known?.error === error) return known;
    const since = each.at ?? now;
    signals.push(signalOf(options, importErrorFact(each, since)));
    return { file: each.file, since, error };
  });
  for (const { file, since } of broken) {
    if (errors.some((each) => each.file === file)) continue;
    signals.push(signalOf(options, importMendedFact(file, since, now)));
  }
  return { signals, broken: still };
}
