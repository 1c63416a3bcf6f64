/**
 * The version of the plugin interface, `major.minor`. The minor number increases when something is added to the interface. The major number
 * increases when existing plugins must change. The `package.json` of a plugin contains the version for which the plugin was written:
 * `"tributary": { "interface": "2.0" }`.
 */
export const INTERFACE_VERSION = '2.0';
