export * from './fake-faults.js';
export * from './fake-psp.js';
export * from './fake-route.js';
export * from './openapi/document.js';
export * from './openapi/examples.js';
export * from './still-fake.js';
