/** Why a text is no canary; null where it only reads: one SELECT, or a WITH before it. */
export function whyNoCanary(sql: string): string | null {
  const code = sql.replaceAll(NO_CODE, ' ').trim();
  if (code === '') return 'it is empty';
  if (!/^(select|with)\b/i.test(code)) return 'a canary begins with SELECT or WITH';
  const [word] = CHANGES.exec(code) ?? [];
  if (word !== undefined) return `a canary only reads, and this one says ${word.toUpperCase()}`;
  if (/;\s*\S/.test(code)) return 'a canary is one statement';
  if (/^\s*go\s*$/im.test(code)) return 'GO is for other programs';
  return null;
}

/** Text, quoted names and comments. */
const NO_CODE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

const CHANGES =
  /\b(insert|update|delete|merge|truncate|create|alter|drop|into|exec|execute|grant|revoke|deny|backup|restore|kill|shutdown|dbcc|waitfor|use|begin|commit|openrowset|opendatasource|openquery)\b/i;
