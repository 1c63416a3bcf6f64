import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Writes Nest's own messages to the gateway's log. Its start messages (one line for each route) get level `debug`. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(this.members(rest), String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(this.members(rest), String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(this.members(rest), String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(this.members(rest), String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.fail('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.fail('fatal', message, rest);
  }

  private fail(level: 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    if (message instanceof Error)
      this.logger[level]({ ...this.members(rest), err: message }, message.message);
    else this.logger[level](this.members(rest), String(message));
  }

  /** Returns the name of the logging class, which Nest passes as the last argument. */
  private members(rest: unknown[]): { from?: string } {
    const context = rest.at(-1);
    return typeof context === 'string' ? { from: context } : {};
  }
}
