/** What belongs to the operator of the gateway, and to no connector. */
import { ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** Whether the gateway still takes new work. */
export const IS_DRAINING = Symbol('IS_DRAINING');

@Controller()
export class HealthController {
  constructor(@Inject(IS_DRAINING) private readonly isDraining: () => boolean) {}

  /** For load balancers: 200 while requests are welcome, 503 from the moment the gateway stops. */
  @Get('healthz')
  @RouteConfig({ door: 'open' })
  @Header('content-type', 'application/json')
  health(): Buffer {
    if (this.isDraining()) {
      throw new ContractError(HttpStatus.SERVICE_UNAVAILABLE, 'Stopping', 'The gateway is about to stop.');
    }
    return Buffer.from('{"status":"ok"}');
  }
}

@Controller()
export class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get('metrics')
  @RouteConfig({ door: 'operator' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }
}

@Module({})
export class OperatorModule {
  static with(registry: Registry, isDraining: () => boolean): DynamicModule {
    return {
      module: OperatorModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: IS_DRAINING, useValue: isDraining },
      ],
    };
  }
}
