/** Creates the OpenAPI document of the contract as this gateway serves it. */
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

const API_KEY_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  // Nest's default is JWT.
  bearerFormat: 'API key',
  description: 'An API key of this connector',
} as const;

/**
 * Creates the OpenAPI document from the routes of one connector.
 * @param contractModule a module that mounts the contract's controllers
 * @param path the path of that connector, without slashes around it: `acme/house-bank`
 * @param version the version in the document's `info`
 * @returns the document; its paths are relative to the connector's path, as in the official document
 */
export function createOpenApiDocument(
  app: INestApplication,
  contractModule: Type,
  path: string,
  version: string,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Generic Connector')
    .setDescription('The Generic Connector API of Formance Payments, served by Tributary.')
    .setVersion(version)
    .addBearerAuth(API_KEY_SCHEME)
    .build();
  const document = SwaggerModule.createDocument(app, config, { include: [contractModule] });
  const paths = Object.entries(document.paths).map(([route, item]) => [route.replace(`/${path}`, ''), item]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}
