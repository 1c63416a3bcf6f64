/**
 * The version of the plugin interface, `major.minor`. The minor number grows when something is added, the major number when plugins
 * have to change. A package that brings a plugin names the version it was written for in its `package.json`:
 * `"tributary": { "interface": "1.0" }`.
 */
export const INTERFACE_VERSION = '1.0';
