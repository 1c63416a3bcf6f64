export * from './authentication.js';
export * from './authorizer.js';
export * from './authentication-failure-limiter.js';
export { ApiKeySet, EMPTY_KEY_SET } from './api-key-set.js';
export * from './api-key.js';
export * from './operator-key.js';
export * from './reader-id.js';
export * from './scope.js';
