import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { PushedArtifacts } from '../ports/control.ts';
import type { Limits } from './context.ts';
import { configuredName } from './fields.ts';
import { invalid, Problem } from './problem.ts';

const FILES = ['run_results', 'manifest', 'sources'] as const;
type FileName = (typeof FILES)[number];
const TEXTS = ['environment', 'source'] as const;
type TextName = (typeof TEXTS)[number];

/** What came, and what was wrong with it. */
interface Form {
  readonly files: Map<FileName, Buffer>;
  readonly texts: Map<TextName, string>;
  readonly mistakes: { at: string; detail: string }[];
}

/** Reads dbt artifacts from a form, unzipped. Throws a Problem: 400 with every mistake, 413 past a limit, 415 for no form. */
export async function readArtifacts(request: FastifyRequest, limits: Limits): Promise<PushedArtifacts> {
  if (!request.isMultipart())
    throw new Problem(415, 'unsupported-format', 'Send a form: curl -F run_results=@run_results.json ...');
  const form: Form = { files: new Map(), texts: new Map(), mistakes: [] };
  for await (const part of partsOf(request, limits)) {
    if (part.type === 'file') await takeFile(form, part);
    else takeText(form, part);
  }
  const environment = form.texts.get('environment');
  if (environment === undefined) form.mistakes.push({ at: '/environment', detail: 'is missing' });
  if (form.files.size === 0) form.mistakes.push({ at: '', detail: `none of ${FILES.join(', ')} was sent` });
  if (form.mistakes.length > 0 || environment === undefined) throw invalid('body', form.mistakes);
  const unzipped = async (name: FileName) => unzip(name, form.files.get(name), limits.unzipped);
  return {
    environment,
    source: form.texts.get('source') ?? null,
    runResults: await unzipped('run_results'),
    manifest: await unzipped('manifest'),
    sources: await unzipped('sources'),
  };
}

/** What breaks while reading is the sender's: a form that ends early, a part without a name. */
async function* partsOf(
  request: FastifyRequest,
  limits: Limits,
): AsyncGenerator<MultipartFile | MultipartValue> {
  const bounds = {
    fileSize: limits.upload,
    files: 8,
    fields: 8,
    parts: 16,
    fieldSize: 1_000,
    headerPairs: 50,
  };
  try {
    yield* request.parts({ limits: bounds });
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error) throw error;
    throw new Problem(400, 'malformed', 'The form ends early or cannot be read.');
  }
}

async function takeFile(form: Form, part: MultipartFile): Promise<void> {
  const name = FILES.find((each) => each === part.fieldname);
  if (name === undefined || form.files.has(name)) {
    part.file.resume();
    form.mistakes.push({
      at: at(part.fieldname),
      detail: name === undefined ? 'is not a file we take' : 'was sent twice',
    });
    return;
  }
  form.files.set(name, await part.toBuffer());
}

function takeText(form: Form, part: MultipartValue): void {
  const name = TEXTS.find((each) => each === part.fieldname);
  if (name === undefined) {
    const isFile = FILES.some((each) => each === part.fieldname);
    const detail = isFile ? `send it as a file: -F ${part.fieldname}=@FILE` : 'is not a field we know';
    form.mistakes.push({ at: at(part.fieldname), detail });
    return;
  }
  const text = configuredName.safeParse(part.value);
  if (!text.success) form.mistakes.push({ at: at(name), detail: 'is not a name' });
  else if (form.texts.has(name)) form.mistakes.push({ at: at(name), detail: 'was sent twice' });
  else form.texts.set(name, text.data);
}

function at(name: string): string {
  return `/${name.slice(0, 100)}`;
}

const inflate = promisify(gunzip) as (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** By its first bytes, whatever it is called. Output past the bound is never made: a bomb costs its bound at most. */
async function unzip(name: FileName, data: Buffer | undefined, most: number): Promise<Buffer | null> {
  if (data === undefined) return null;
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  try {
    return await inflate(data, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof RangeError)
      throw new Problem(413, 'too-large', `${name} is larger than ${most} bytes unzipped.`);
    throw invalid('body', [{ at: at(name), detail: 'looks like gzip but cannot be unzipped' }]);
  }
}
