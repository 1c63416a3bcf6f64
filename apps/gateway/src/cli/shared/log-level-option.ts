/** Defines the option `--log-level` of the commands that write a log. */
import { Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../../logging/index.js';

export interface LogLevelOption {
  logLevel: LogLevel;
}

export function createLogLevelOption(defaultLevel: LogLevel): Option {
  return new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default(defaultLevel);
}
