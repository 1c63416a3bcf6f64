/**
 * The version of the plugin interface, `major.minor`. The minor number grows when the interface gets additions. The major number
 * grows when existing plugins must change. A plugin package names the version that it was written for in its `package.json`:
 * `"tributary": { "interface": "2.0" }`.
 */
export const INTERFACE_VERSION = '2.0';
