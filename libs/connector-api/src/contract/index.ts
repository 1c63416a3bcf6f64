/** The Generic Connector over HTTP: what the gateway mounts for every connector. Plugins need nothing of it. */
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
