const QUOTED = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g;
const DYNAMIC = /\bEXEC(?:UTE)?\s+(?:[\w.[\]]+\.)?\[?sp_executesql\]?\s+N?'((?:[^']|'')*)'/gi;
const VERB =
  /\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|RESTORE|BACKUP|GRANT|REVOKE|DENY|KILL|SHUTDOWN|RECONFIGURE|DBCC|EXEC|EXECUTE)\b\s*(?:(?:INTO|FROM|TABLE|IF\s+EXISTS|TOP\s*\(\d+\))\s+)*([#@[\]\w.]*)/gi;
const ELSEWISE = /\bSELECT\b[^;]*?\bINTO\s+(?![#@\s])|\b(?:EN|DIS)ABLE\s+TRIGGER\b|\bREPAIR_/i;
const READS: Readonly<Record<string, RegExp>> = {
  RESTORE: /^(VERIFYONLY|HEADERONLY|FILELISTONLY|LABELONLY)$/i,
  DBCC: /^(CHECK\w+|SHOW\w+|OPENTRAN|SQLPERF|INPUTBUFFER|LOGINFO|TRACESTATUS|USEROPTIONS)$/i,
  EXEC: /^sp_(help\w*|who2?|lock|spaceused|getapplock|releaseapplock)$/i,
};

/**
 * Whether SQL would change something in a database: its verbs stand there outside of text and comments, and not only
 * for temporary tables and variables. In doubt it would: a procedure that is not known, SQL out of a variable. What
 * sp_executesql is given as text is read as SQL too.
 */
export function changesSomething(sql: string): boolean {
  const inner = [...sql.matchAll(DYNAMIC)].map(([, text = '']) => text.replaceAll("''", "'"));
  const code = sql.replaceAll(DYNAMIC, ' ').replaceAll(QUOTED, ' ');
  const verbs = [...code.matchAll(VERB)];
  return (
    inner.some(changesSomething) ||
    ELSEWISE.test(code) ||
    verbs.some(([, verb = '', on = '']) => !reads(verb, on))
  );
}

function reads(verb: string, on: string): boolean {
  const upper = verb.toUpperCase().replace('EXECUTE', 'EXEC');
  if (/^[#@]/.test(on) && upper !== 'EXEC') return true;
  const name = on.replaceAll(/[[\]]/g, '').split('.').at(-1) ?? '';
  return READS[upper]?.test(name) ?? false;
}
