/** Loads the official OpenAPI document of the Generic Connector, if it is on this machine. The repository does not contain it. */
import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';

const DOCUMENT_URL = new URL('../../shared/specs/formance/generic-connector.yaml', import.meta.url);

export interface OfficialOpenApi {
  /**
   * Checks a response against its schema.
   * @returns a message for each violation; empty for a valid response
   */
  findViolations(method: string, path: string, status: number, body: string): string[];
}

/**
 * Loads the document.
 * @returns `undefined` when the document is absent. In this case, a message is printed once
 */
export function loadOfficialOpenApi(): OfficialOpenApi | undefined {
  if (!existsSync(DOCUMENT_URL)) {
    process.stdout.write('skipped: ../shared/specs/formance/generic-connector.yaml is absent\n');
    return undefined;
  }
  const document = parse(readFileSync(DOCUMENT_URL, 'utf8')) as Document;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, 'generic-connector');
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: string) => {
    const found = compiled.get(pointer) ?? ajv.compile({ $ref: `generic-connector#${pointer}` });
    compiled.set(pointer, found);
    return found;
  };
  return {
    findViolations(method, path, status, body) {
      const validate = validator(getSchemaPointer(document, method.toLowerCase(), path, status));
      validate(JSON.parse(body));
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { $ref: string }> }>>;
}

/** Returns the JSON pointer of the schema of a response: the schema of its status, or the default schema. */
function getSchemaPointer({ paths }: Document, method: string, path: string, status: number): string {
  const responses = paths[path]?.[method]?.responses ?? {
    default: { $ref: '#/components/responses/ErrorResponse' },
  };
  const response = responses[String(status)] ?? responses['default']!;
  return `${response.$ref.slice(1)}/content/application~1json/schema`;
}
