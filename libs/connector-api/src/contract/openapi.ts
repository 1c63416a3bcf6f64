/** The OpenAPI document of the contract as this gateway serves it. */
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

const KEY = {
  type: 'http',
  scheme: 'bearer',
  // Nest says JWT where nothing is said.
  bearerFormat: 'API key',
  description: 'An API key of this connector',
} as const;

/**
 * @param mounted any module that mounts the contract: only its routes are read
 * @param path where it is mounted: `acme/house-bank`
 * @returns paths as in the official document, relative to a connector's own path
 */
export function describeContract(
  app: INestApplication,
  mounted: Type,
  path: string,
  version: string,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Generic Connector')
    .setDescription('The Generic Connector API of Formance Payments, served by Tributary.')
    .setVersion(version)
    .addBearerAuth(KEY)
    .build();
  const document = SwaggerModule.createDocument(app, config, { include: [mounted] });
  const paths = Object.entries(document.paths).map(([route, item]) => [route.replace(`/${path}`, ''), item]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}
