/** Provides Swagger UI and the OpenAPI document. Everything is created at the first request, once for all connectors. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Mounted } from '../http/mounted-routes.js';

export const DOCS = Symbol('DOCS');

/** Content types of the files of swagger-ui-dist. @nestjs/swagger includes the package, so nothing is loaded from the internet. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const START = `const ui = document.getElementById('ui');
window.ui = SwaggerUIBundle({
  domNode: ui,
  url: ui.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
});
`;

/** Content security policy that allows only files of the gateway, and the inline styles and images of Swagger UI. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface DocsFile {
  type: string;
  body: Buffer;
}

export class Docs {
  private contract: OpenAPIObject | undefined;
  private readonly assets = new Map<string, Promise<Buffer>>();

  /** @param createDocument creates the OpenAPI document from the routes of the connector at `path` */
  constructor(
    private readonly connectors: Mounted,
    private readonly describe: (path: string) => OpenAPIObject,
  ) {}

  /**
   * Returns the HTML page of Swagger UI.
   * @param baseUrl URL prefix of the files, relative to the page
   * @returns `undefined` if there is no connector at this path
   */
  page(path: string, base: string): Buffer | undefined {
    if (!this.connectors.has(path)) return undefined;
    return Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${path} – Generic Connector</title>
<link rel="icon" href="${base}favicon-32x32.png">
<link rel="stylesheet" href="${base}swagger-ui.css">
</head>
<body>
<div id="ui" data-document="${base}openapi.json"></div>
<script src="${base}swagger-ui-bundle.js"></script>
<script src="${base}start.js"></script>
</body>
</html>
`);
  }

  /** @returns the file, or `undefined` if the connector or the file does not exist. */
  async file(path: string, name: string): Promise<DocsFile | undefined> {
    if (!this.connectors.has(path)) return undefined;
    if (name === 'openapi.json') return { type: 'application/json', body: this.document(path) };
    if (name === 'start.js') return { type: 'text/javascript; charset=utf-8', body: Buffer.from(START) };
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    return type === undefined ? undefined : { type, body: await this.asset(name) };
  }

  private document(path: string): Buffer {
    this.contract ??= this.describe(path);
    const title = `${path}: ${this.contract.info.title}`;
    const document = {
      ...this.contract,
      info: { ...this.contract.info, title },
      servers: [{ url: `/${path}` }],
    };
    return Buffer.from(JSON.stringify(document));
  }

  private asset(name: string): Promise<Buffer> {
    let asset = this.assets.get(name);
    if (asset === undefined) {
      const { resolve } = createRequire(import.meta.url);
      asset = readFile(resolve(`swagger-ui-dist/${name}`));
      this.assets.set(name, asset);
    }
    return asset;
  }
}
