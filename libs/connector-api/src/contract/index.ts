/** The Generic Connector's HTTP API, which the gateway serves for every connector. Plugins do not need it. */
export * from './balances.controller.js';
export * from './contract-error.js';
export * from './contract-error.filter.js';
export * from './feeds.controller.js';
export * from './openapi.js';
export * from './orders.controller.js';
export type { PageQuery } from './page-query.js';
export * from './resources.js';
export * from './send-page.js';
export * from './webhooks.controller.js';
