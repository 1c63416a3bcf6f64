/** Provides Swagger UI and the OpenAPI document of each connector. */
import { createOpenApiDocument } from '@tributary/connector-api/contract';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPackageVersion } from '../package-version.js';
import { findBuiltDirectory } from '../http/find-built-directory.js';
import type { ConnectorPathSet } from '../http/shared-route-table.js';

export const API_DOCS = Symbol('API_DOCS');

/** The content types of the files of Swagger UI. The build copies these files, so that the page loads nothing from the internet. */
const ASSET_TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const START_SCRIPT = `const ui = document.getElementById('ui');
window.ui = SwaggerUIBundle({
  domNode: ui,
  url: ui.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
});
`;

/**
 * The content security policy of the documentation. It allows only files of the gateway, and the inline styles and images of Swagger UI.
 */
export const DOCS_CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface ApiDocsAsset {
  type: string;
  body: Buffer;
}

export class ApiDocs {
  private readonly assets = new Map<string, Promise<Buffer>>();

  constructor(private readonly connectors: ConnectorPathSet) {}

  /**
   * Returns the HTML page of Swagger UI.
   * @param baseUrl URL prefix of the files, relative to the page
   * @returns `undefined` if there is no connector at this path
   */
  renderPage(path: string, baseUrl: string): Buffer | undefined {
    if (!this.connectors.has(path)) return undefined;
    return Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${path} – Generic Connector</title>
<link rel="icon" href="${baseUrl}favicon-32x32.png">
<link rel="stylesheet" href="${baseUrl}swagger-ui.css">
</head>
<body>
<div id="ui" data-document="${baseUrl}openapi.json"></div>
<script src="${baseUrl}swagger-ui-bundle.js"></script>
<script src="${baseUrl}start.js"></script>
</body>
</html>
`);
  }

  /**
   * Loads a file of the documentation.
   * @returns `undefined` if the connector or the file does not exist
   */
  async loadFile(path: string, name: string): Promise<ApiDocsAsset | undefined> {
    if (!this.connectors.has(path)) return undefined;
    if (name === 'openapi.json') return { type: 'application/json', body: this.serializeDocument(path) };
    if (name === 'start.js')
      return { type: 'text/javascript; charset=utf-8', body: Buffer.from(START_SCRIPT) };
    const type = Object.hasOwn(ASSET_TYPES, name) ? ASSET_TYPES[name] : undefined;
    return type === undefined ? undefined : { type, body: await this.loadAsset(name) };
  }

  private serializeDocument(path: string): Buffer {
    return Buffer.from(JSON.stringify(createOpenApiDocument(path, readPackageVersion())));
  }

  private loadAsset(name: string): Promise<Buffer> {
    let asset = this.assets.get(name);
    if (asset === undefined) {
      asset = readFile(join(findBuiltDirectory('swagger-ui'), name));
      this.assets.set(name, asset);
    }
    return asset;
  }
}
