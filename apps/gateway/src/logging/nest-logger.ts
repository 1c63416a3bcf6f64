import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Writes Nest's own messages to the log of the gateway. The messages at Nest's start (one line for each route) get the level `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(this.getContext(rest), String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(this.getContext(rest), String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(this.getContext(rest), String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(this.getContext(rest), String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logFailure('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logFailure('fatal', message, rest);
  }

  private logFailure(level: 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    if (message instanceof Error)
      this.logger[level]({ ...this.getContext(rest), err: message }, message.message);
    else this.logger[level](this.getContext(rest), String(message));
  }

  /** Returns the name of the class that logs. Nest passes this name as the last argument. */
  private getContext(rest: unknown[]): { from?: string } {
    const context = rest.at(-1);
    return typeof context === 'string' ? { from: context } : {};
  }
}
