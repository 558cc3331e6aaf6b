import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from '../src/http/server.ts';
import { fakeServerOptions } from '../test/fakes/http-server.ts';

/** Where the description of the HTTP API is published. */
export const OPENAPI_FILE = new URL('../schema/openapi.json', import.meta.url);

/** The description of the HTTP API as the routes have it now, as the text of the file. */
export async function writeOpenApi(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '';
  const server = await createServer({ ...fakeServerOptions(), version });
  const text = `${JSON.stringify(server.openApi(), null, 2)}\n`;
  await server.close();
  return text;
}

if (import.meta.main) await writeFile(OPENAPI_FILE, await writeOpenApi());
