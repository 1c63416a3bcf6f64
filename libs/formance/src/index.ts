/**
 * The public interface of the library `formance`: a client of Formance's services, the installation of connectors, and the diagnosis of
 * connectors that do not work.
 */
export * from './http/formance-connection.js';
export * from './http/formance-error.js';
export * from './payments/payments-client.js';
export type * from './payments/payments.types.js';
export * from './delivery/delivery-work-file.js';
export type * from './delivery/delivery.types.js';
export * from './delivery/verify-accounts.js';
export * from './delivery/verify-balances.js';
export * from './delivery/verify-payments.js';
export * from './install/desired-connector.js';
export * from './install/find-installed.js';
export * from './install/installer.js';
export * from './install/uninstall-connector.js';
export * from './doctor/check-endpoint.js';
export * from './doctor/diagnose-connector.js';
export type * from './doctor/doctor.types.js';
export * from './doctor/examine-connectors.js';
export type { ConfigChange } from './install/plan-installation.js';
export * from './pools/pool-installer.js';
export * from './reconciliation/policy-installer.js';
export * from './reconciliation/reconciliation-client.js';
export type * from './reconciliation/reconciliation.types.js';
