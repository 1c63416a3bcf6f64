/**
 * Creates the OpenAPI document of the contract from static data. The package @nestjs/swagger could create it from decorators at run time.
 * But this package needs TypeScript and two copies of Swagger UI, which are larger than all other packages together.
 */
import { OPENAPI_PATHS } from './operations.js';
import { OPENAPI_SCHEMAS, type OpenApiNode } from './schemas.js';

/**
 * Creates the OpenAPI document of one connector.
 * @param path the path of the connector, without a slash at its start and end: `acme/house-bank`
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
    paths: OPENAPI_PATHS,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'API key',
          description: 'An API key of this connector',
        },
      },
      schemas: OPENAPI_SCHEMAS,
    },
  };
}
