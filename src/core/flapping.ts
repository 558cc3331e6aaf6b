/** Start and stop thresholds, percent (Nagios Core's built-in values). */
const HIGH = 30;
const LOW = 20;
const STATES = 21;

/** Fewer answers than this do not flap, however they alternate: the newest six reach 29.9 %. */
export const FEWEST = 7;

/**
 * Whether a row of answers flaps: Nagios Core's algorithm (base/flapping.c). The last 21 states give 20
 * transitions, weighted from 0.75 (oldest) to 1.25 (newest); flapping starts at 30 % and ends at 20 %.
 */
export function isFlapping(answers: readonly boolean[]): boolean {
  let flapping = false;
  for (let end = 2; end <= answers.length; end += 1) {
    const percent = change(answers.slice(Math.max(0, end - STATES), end));
    if (percent >= HIGH) flapping = true;
    else if (percent <= LOW) flapping = false;
  }
  return flapping;
}

/** The weighted share of state changes in a row of up to 21 answers, in percent; older ones count as unchanged. */
export function change(answers: readonly boolean[]): number {
  const missing = STATES - answers.length;
  let weight = 0;
  for (let index = 1; index < answers.length; index += 1) {
    if (answers[index] !== answers[index - 1]) weight += 0.75 + ((missing + index - 1) * 0.5) / (STATES - 2);
  }
  return (weight * 100) / (STATES - 1);
}
