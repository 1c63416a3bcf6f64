/**
 * Creates the OpenAPI document of the contract as this gateway serves it. The document is data: @nestjs/swagger would create it from
 * decorators at run time, but it needs TypeScript and two copies of Swagger UI, which are more than all other packages together.
 */
import { PATHS } from './operations.js';
import { SCHEMAS, type OpenApiNode } from './schemas.js';

/**
 * Creates the OpenAPI document of one connector.
 * @param path the path of the connector, without slashes around it: `acme/house-bank`
 * @param version the version in the document's `info`
 * @returns the document; its paths are relative to the connector's path, as in the official document
 */
export function createOpenApiDocument(path: string, version: string): OpenApiNode {
  return {
    openapi: '3.0.0',
    info: {
      title: `${path}: Generic Connector`,
      description: 'The Generic Connector API of Formance Payments, served by Tributary.',
      version,
    },
    servers: [{ url: `/${path}` }],
    paths: PATHS,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'API key',
          description: 'An API key of this connector',
        },
      },
      schemas: SCHEMAS,
    },
  };
}
