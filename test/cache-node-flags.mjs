/**
 * Builds `process.allowedNodeEnvironmentFlags` once for each test file. Axios reads it for every request. Node builds it at the first access
 * and keeps it, but in the copy of `process` that jest gives to a test file the property is built again at every access: 15 % of the
 * processor time of a suite with many requests.
 */
Object.defineProperty(process, 'allowedNodeEnvironmentFlags', {
  value: process.allowedNodeEnvironmentFlags,
});
