/** The Generic Connector's HTTP API, which the gateway serves for every connector. Plugins do not need it. */
export * from './balances.controller.js';
export * from './contract-error.js';
export * from './contract-error.filter.js';
export * from './feeds.controller.js';
export * from './openapi/document.js';
export * from './orders.controller.js';
export * from './parse-json-body.js';
export type { PageQuery } from './parse-page-query.js';
export * from './match-resource.js';
export * from './send-page.js';
export * from './webhooks.controller.js';
