const ESCAPES = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b\[[0-9;:?]*[ -/]*[@-~]?|\u001b./g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SUSPICIOUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Text without colours, control characters and direction marks, at most `limit` characters. Keeps line ends and tabs. */
export function plain(text: string, limit = 2_000): string {
  const clean = SUSPICIOUS.test(text) ? text.replace(ESCAPES, '').replace(CONTROLS, '') : text;
  const trimmed = clean.trim();
  if (trimmed.length <= limit) return trimmed;
  // Never ends within a pair of surrogates.
  return `${trimmed.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
