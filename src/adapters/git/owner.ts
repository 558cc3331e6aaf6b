import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Whether we may write where the work tree stands, and whose it is. */
export async function checkOwner(
  path: string,
): Promise<{ problems: readonly string[]; warnings: readonly string[] }> {
  const me = userInfo().uid;
  const advice = `\`chown -R ${me} ${path}\`, or run rollbackd as its owner`;
  const problems: string[] = [];
  for (const place of [path, join(path, '.git')]) {
    const may = await access(place, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!may) problems.push(`${place} cannot be written by user ${me}: ${advice}`);
  }
  const owner = await stat(path).then(
    (place) => place.uid,
    () => me,
  );
  if (owner === me || problems.length > 0) return { problems, warnings: [] };
  const warning =
    `${path} belongs to user ${owner}, rollbackd runs as ${me}: files it writes there will be ${me}'s. ` +
    `Run it as ${owner}; if ${owner}'s git then says "dubious ownership" or "insufficient permission": \`chown -R ${owner} ${path}\``;
  return { problems, warnings: [warning] };
}
