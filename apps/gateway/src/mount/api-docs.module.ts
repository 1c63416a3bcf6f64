/** The Nest module of the API documentation. It is not loaded if the deployment file turns the documentation off. */
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ApiDocsController } from './api-docs.controller.js';
import { API_DOCS, type ApiDocs } from './api-docs.js';

@Module({})
export class ApiDocsModule {
  static forRoot(docs: ApiDocs): DynamicModule {
    return {
      module: ApiDocsModule,
      controllers: [ApiDocsController],
      providers: [{ provide: API_DOCS, useValue: docs }],
    };
  }
}
