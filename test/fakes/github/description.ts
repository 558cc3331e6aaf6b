import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Json = Readonly<Record<string, unknown>>;

/** One operation that GitHub describes. */
export interface Operation {
  readonly method: string;
  /** `/repos/{owner}/{repo}`. */
  readonly path: string;
  readonly names: Readonly<Record<string, string>>;
}

/** GitHub's own description of its API, as far as it is used, and what does not agree with it. */
export interface Description {
  /** The operation that answers there; undefined where GitHub describes none. */
  find(method: string, path: string): Operation | undefined;
  /** What is wrong with a request; empty where nothing is. */
  refuseRequest(operation: Operation, query: URLSearchParams, body: unknown): readonly string[];
  /** What is wrong with a reply. */
  refuseReply(operation: Operation, status: number, body: unknown): readonly string[];
  /** The least that a schema allows, with what is given put over it. */
  sample(schema: string, given?: Json): Record<string, unknown>;
}

const FILE = fileURLToPath(new URL('../../fixtures/github/openapi-subset.json', import.meta.url));

/** Reads the subset that lies with the fixtures. */
export function readDescription(): Description {
  const document = withNulls(JSON.parse(readFileSync(FILE, 'utf8'))) as Json;
  return new Described(document);
}

class Described implements Description {
  readonly #document: Json;
  readonly #ajv: Ajv;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #paths: readonly { readonly path: string; readonly pattern: RegExp; readonly item: Json }[];

  constructor(document: Json) {
    this.#document = document;
    this.#ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'gh', ...document });
    const paths = Object.entries(document.paths as Readonly<Record<string, Json>>);
    this.#paths = paths.map(([path, item]) => ({ path, pattern: patternOf(path), item }));
  }

  find(method: string, path: string): Operation | undefined {
    for (const known of this.#paths) {
      const found = known.pattern.exec(path);
      if (found === null || !(method.toLowerCase() in known.item)) continue;
      const names = Object.entries(found.groups ?? {}).map(([name, text]) => [
        name,
        decodeURIComponent(text),
      ]);
      return { method: method.toLowerCase(), path: known.path, names: Object.fromEntries(names) };
    }
    return undefined;
  }

  refuseRequest(operation: Operation, query: URLSearchParams, body: unknown): readonly string[] {
    const said = this.#said(operation);
    const parameters = ((said.parameters as readonly Json[]) ?? []).map((each) => this.#resolve(each));
    const problems = [...query].flatMap(([name, text]) => {
      const parameter = parameters.find((each) => each.in === 'query' && each.name === name);
      if (parameter === undefined) return [`there is no parameter "${name}"`];
      return this.#refuse(parameter.schema as Json, parameterOf(text), `parameter ${name}`);
    });
    const schema = schemaOf(this.#resolve((said.requestBody as Json) ?? {}));
    if (schema === undefined) return body === undefined ? problems : [...problems, 'it takes no body'];
    return [...problems, ...(body === undefined ? [] : this.#refuse(schema, body, 'body'))];
  }

  refuseReply(operation: Operation, status: number, body: unknown): readonly string[] {
    const reply = (this.#said(operation).responses as Json)[String(status)] as Json | undefined;
    // GitHub does not describe every error; those that it does not are its usual ones.
    if (reply === undefined) return status < 400 ? [`there is no reply ${status}`] : [];
    const schema = schemaOf(this.#resolve(reply));
    // An error says why even where nothing is described.
    if (schema === undefined) {
      return body === undefined || status >= 400 ? [] : [`the reply ${status} has no body`];
    }
    return this.#refuse(schema, body, `reply ${status}`);
  }

  sample(schema: string, given: Json = {}): Record<string, unknown> {
    const { type: _, ...object } = this.#resolve({ $ref: `#/components/schemas/${schema}` });
    return { ...(this.#least(object) as Record<string, unknown>), ...given };
  }

  #said({ path, method }: Operation): Json {
    return (
      (this.#document.paths as Readonly<Record<string, Readonly<Record<string, Json>>>>)[path]?.[method] ?? {}
    );
  }

  #resolve(value: Json): Json {
    if (typeof value.$ref !== 'string') return value;
    const steps = value.$ref.replace(/^(gh)?#\//, '').split('/');
    return this.#resolve(steps.reduce<Json>((at, step) => at[step] as Json, this.#document));
  }

  #refuse(schema: Json, value: unknown, what: string): readonly string[] {
    const key = JSON.stringify(schema);
    const found = this.#compiled.get(key);
    const validate = found ?? this.#ajv.compile(schema);
    if (found === undefined) this.#compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .slice(0, 5)
      .map((each) => `${what}${each.instancePath}: ${each.message ?? ''}`);
  }

  /** A value of the fewest keys; nothing where nothing is allowed. */
  #least(given: Json): unknown {
    const schema = this.#resolve(given);
    const types = [schema.type].flat();
    if (types.includes('null')) return null;
    const enumerated = schema.enum as readonly unknown[] | undefined;
    if (enumerated !== undefined) return enumerated[0];
    const choice = ((schema.oneOf ?? schema.anyOf ?? schema.allOf) as readonly Json[] | undefined)?.[0];
    if (choice !== undefined && schema.properties === undefined) return this.#least(choice);
    if (types.includes('array')) return [];
    if (types.includes('integer') || types.includes('number')) return 1;
    if (types.includes('boolean')) return false;
    if (types.includes('string')) return FORMATS[String(schema.format)] ?? 'x';
    const properties = (schema.properties ?? {}) as Readonly<Record<string, Json>>;
    const required = (schema.required ?? []) as readonly string[];
    return Object.fromEntries(required.map((name) => [name, this.#least(properties[name] ?? {})]));
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  uri: 'https://github.test/x',
  date: '2026-01-01',
};

/** A file's path has slashes; nothing else does. */
function patternOf(path: string): RegExp {
  const groups = path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => `(?<${name}>${name === 'path' ? '.+' : '[^/]+'})`,
  );
  return new RegExp(`^${groups}$`);
}

function schemaOf(said: Json): Json | undefined {
  const content = said.content as Readonly<Record<string, { readonly schema?: Json }>> | undefined;
  return content?.['application/json']?.schema;
}

function parameterOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** OpenAPI 3.0 says `nullable` where JSON Schema knows a type; references become absolute. */
function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) =>
    key === '$ref' && typeof each === 'string' ? [key, `gh${each}`] : [key, withNulls(each)],
  );
  const schema = Object.fromEntries(entries) as Record<string, unknown>;
  if (schema.nullable !== true) return schema;
  const { nullable: _, ...rest } = schema;
  if (Array.isArray(rest.enum) && !rest.enum.includes(null)) rest.enum = [...rest.enum, null];
  if (typeof rest.type === 'string') return { ...rest, type: [rest.type, 'null'] };
  return { anyOf: [{ type: 'null' }, rest] };
}
