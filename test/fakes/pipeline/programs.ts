import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository of rollbackd itself, and the node that runs it. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

/**
 * Writes down every call that the daemon makes while `counting` lies there, and kills the daemon at the one that
 * `kill-at` names (`NUMBER before|after PATTERN`, the number among the calls that match): before its work is done, or
 * after it. Everything is found from where the programs lie, so that a sandbox can be copied.
 */
const GATE = `
root=$(cd "$(dirname "$0")/.." && pwd)
deadly=no
alsoKilled=
note() {
  [ -e "$root/counting" ] || return 0
  echo "$*" >>"$root/calls.log"
  read -r left when pattern 2>/dev/null <"$root/kill-at" || return 0
  case "$*" in $pattern) ;; *) return 0 ;; esac
  exec 9>"$root/counting.lock"
  flock 9
  if read -r left when pattern 2>/dev/null <"$root/kill-at"; then
    left=$((left - 1))
    echo "$left $when $pattern" >"$root/kill-at"
    [ "$left" = 0 ] && rm "$root/kill-at" && deadly=$when
  fi
  exec 9>&-
  [ "$deadly" = before ] || return 0
  kill -9 "$(cat "$root/daemon.pid")" $alsoKilled
  exit 137
}
leave() {
  [ "$deadly" = after ] && kill -9 "$(cat "$root/daemon.pid")"
  exit "$1"
}
`;

/** git as the daemon finds it: the real one, with calls counted while that is asked for. */
function gitProgram(git: string): string {
  return `#!/bin/sh
[ -e "\${0%/*}/../counting" ] || exec ${git} "$@"
${GATE}
note git "$@"
[ "$deadly" = after ] || exec ${git} "$@"
${git} "$@"
leave $?
`;
}

/** The scheduler's switch: a file, and a line for each effect, and none where nothing changed. */
const SCHEDULE = `#!/bin/sh
${GATE}
note schedule "$1"
case "$1" in
  pause) [ -e "$root/paused" ] || { touch "$root/paused"; echo pause >>"$root/effects.log"; } ;;
  resume) [ -e "$root/paused" ] && { rm "$root/paused"; echo resume >>"$root/effects.log"; } ;;
  status) [ -e "$root/paused" ]; leave $? ;;
esac
leave 0
`;

function dbtProgram(): string {
  return `#!/bin/sh
${GATE}
# Whoever is killed before the work is done is killed with all that it started, as a container is.
alsoKilled=$PPID
[ -n "$DBT_ENV_CUSTOM_ENV_ROLLBACKD_STEP" ] && note dbt "$@"
export FAKE_DBT_JOURNAL="$root/dbt.log"
read -r FAKE_DBT_TAKES 2>/dev/null <"$root/dbt-takes" && export FAKE_DBT_TAKES
${NODE} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, 'dbt-program.ts')} "$@"
leave $?
`;
}

/** Writes `bin/git`, `bin/dbt` and `bin/schedule` of a sandbox. */
export function writePrograms(root: string): void {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const programs = { git: gitProgram(git), schedule: SCHEDULE, dbt: dbtProgram() };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
}

/** The shipped rules, with mails that go out after half a second instead of ten. */
export function writeRules(root: string): void {
  cpSync(join(ROOT, 'rules'), join(root, 'rules'), { recursive: true });
  const escalation = join(root, 'rules', 'escalation.yaml');
  writeFileSync(escalation, readFileSync(escalation, 'utf8').replace('wait: 10s', 'wait: 500ms'));
}
