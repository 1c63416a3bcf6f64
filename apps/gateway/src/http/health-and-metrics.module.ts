/** Nest module with the health and metrics routes, which belong to no connector. */
import { ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** Health of the gateway, as the health routes report it. */
export interface GatewayHealth {
  /** Returns true if the gateway is shutting down. */
  isDraining(): boolean;
  /**
   * Returns after the store has written the same data as for an order.
   * @throws GatewayUnavailableError if the store cannot store an order
   */
  checkStore(): Promise<void>;
}
const GATEWAY_HEALTH = Symbol('GATEWAY_HEALTH');

const OK_BODY = Buffer.from('{"status":"ok"}');

@Controller()
export class HealthController {
  constructor(@Inject(GATEWAY_HEALTH) private readonly gatewayHealth: GatewayHealth) {}

  /** Health check for load balancers: 200 while the gateway is running, 503 while it shuts down. */
  @Get('healthz')
  @RouteConfig({ access: 'public' })
  @Header('content-type', 'application/json')
  health(): Buffer {
    if (this.gatewayHealth.isDraining()) {
      throw new ContractError(HttpStatus.SERVICE_UNAVAILABLE, 'Stopping', 'The gateway is about to stop.');
    }
    return OK_BODY;
  }

  /** Readiness check for rolling restarts: 200 if the gateway is running and its store can store an order. */
  @Get('readyz')
  @RouteConfig({ access: 'public' })
  @Header('content-type', 'application/json')
  async ready(): Promise<Buffer> {
    const body = this.health();
    await this.gatewayHealth.checkStore();
    return body;
  }
}

@Controller()
export class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get('metrics')
  @RouteConfig({ access: 'operator' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }
}

@Module({})
export class HealthAndMetricsModule {
  static forRoot(registry: Registry, gatewayHealth: GatewayHealth): DynamicModule {
    return {
      module: HealthAndMetricsModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: GATEWAY_HEALTH, useValue: gatewayHealth },
      ],
    };
  }
}
