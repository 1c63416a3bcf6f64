export * from './limits.js';
export * from './limits.types.js';
