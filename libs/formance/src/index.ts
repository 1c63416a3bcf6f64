/** Public interface of the library `formance`: a client of Formance's services, and the installation of connectors. */
export * from './http/formance-connection.js';
export * from './http/formance-error.js';
export * from './payments/payments-client.js';
export type * from './payments/payments.types.js';
export * from './install/desired-connector.js';
export * from './install/installer.js';
export * from './install/uninstall-connector.js';
export type { ConfigChange } from './install/plan-installation.js';
