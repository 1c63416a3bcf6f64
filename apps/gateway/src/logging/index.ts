export * from './logger.js';
export * from './nest-logger.js';
export * from './secret-redactor.js';
export * from './log-line-limiter.js';
