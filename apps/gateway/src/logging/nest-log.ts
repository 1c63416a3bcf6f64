import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Nest's own messages in our log. What it tells at every start (one line a route) is for debugging. */
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

  /** Nest gives its own class's name last. */
  private members(rest: unknown[]): { from?: string } {
    const context = rest.at(-1);
    return typeof context === 'string' ? { from: context } : {};
  }
}
