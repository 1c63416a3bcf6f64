import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { admit, permit } from './admission.js';
import { FailureLimiter } from './failure-limiter.js';
import { KeyRing } from './key-ring.js';
import type { Scope } from './scope.js';

/** Opens the routes of a module for the keys of the `KeyRing` that this module provides, each for what it may do. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(FailureLimiter) private readonly limiter: FailureLimiter,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const scopes = admit(this.ring, this.limiter, request.headers.authorization, request.ip);
    permit(scopes, scopeFor(request.method));
    return true;
  }
}

/** Whatever does more than look moves money: a method that nobody thought of wants the stronger key. */
function scopeFor(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'pay';
}
