const QUOTED = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g;
const VERBS =
  /\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|RESTORE|BACKUP|GRANT|REVOKE|DENY|KILL|SHUTDOWN|RECONFIGURE|BULK|EXEC|EXECUTE)\b\s*(?:\(\s*\d+\s*\)\s*)?(?:INTO\s+|FROM\s+|TABLE\s+|TOP\s*\(\d+\)\s*)*([#@[\]\w.]*)/gi;
const READ_ONLY: Readonly<Record<string, RegExp>> = {
  RESTORE: /^(VERIFYONLY|HEADERONLY|FILELISTONLY|LABELONLY)$/i,
  EXEC: /^(sp_(help\w*|who2?|lock|spaceused|getapplock|releaseapplock|executesql))$/i,
};
const INTO = /\bSELECT\b[^;]*?\bINTO\s+(?![#@])/i;

/**
 * Whether SQL would change something in a database: the verbs are there, outside text and comments, and not only of
 * temporary tables and variables. In doubt (a procedure that is not known) it would. What sp_executesql is given inside
 * a batch's text is read as SQL too.
 */
export function changesSomething(sql: string): boolean {
  const dynamic = [...sql.matchAll(/\bsp_executesql\s+N?'((?:[^']|'')*)'/gi)];
  if (dynamic.some(([, inner = '']) => changesSomething(inner.replaceAll("''", "'")))) return true;
  const code = sql.replaceAll(QUOTED, ' ');
  return (
    INTO.test(code) || [...code.matchAll(VERBS)].some(([, verb = '', target = '']) => !harmless(verb, target))
  );
}

function harmless(verb: string, target: string): boolean {
  if (/^[#@]/.test(target) && !/^EXEC/i.test(verb)) return true;
  const name = target.replaceAll(/[[\]]/g, '').split('.').at(-1) ?? '';
  const upper = verb.toUpperCase();
  return READ_ONLY[upper === 'EXECUTE' ? 'EXEC' : upper]?.test(name) ?? false;
}
