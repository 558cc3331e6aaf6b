/**
 * Text that others wrote (commit subjects, test names, comments), fit for a terminal: escape sequences and
 * direction marks are shown as `\u001b` instead of obeyed. Line ends stay.
 */
export function tame(text: string): string {
  return text.replaceAll(UNSAFE, (character) => escapeOf(character));
}

/** JSON for programs, two spaces of indent, with nothing in it that a terminal would obey. */
export function writeJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replaceAll(UNSAFE_IN_JSON, (character) => escapeOf(character))}\n`;
}

const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
