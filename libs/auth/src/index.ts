export * from './admission.js';
export * from './door.js';
export * from './failure-limiter.js';
export * from './key-ring.js';
export * from './key.js';
export * from './scope.js';
