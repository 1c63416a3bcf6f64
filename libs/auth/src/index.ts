export * from './authentication.js';
export * from './authorizer.js';
export * from './failure-limiter.js';
export * from './api-key-set.js';
export * from './api-key.js';
export * from './scope.js';
