/** The Nest module with the routes for health and metrics. These routes belong to no connector. */
import { ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** Provides the health of the gateway to the health routes. */
export interface GatewayHealth {
  /** Returns true if the gateway is shutting down. */
  isDraining(): boolean;
  /**
   * Writes the same data to the store as for an order, and returns when they are written.
   * @throws GatewayUnavailableError if the store cannot store an order
   */
  checkStore(): Promise<void>;
}
const GATEWAY_HEALTH = Symbol('GATEWAY_HEALTH');

const OK_BODY = Buffer.from('{"status":"ok"}');

@Controller()
export class HealthController {
  constructor(@Inject(GATEWAY_HEALTH) private readonly gatewayHealth: GatewayHealth) {}

  /** The health check for load balancers. It returns 200 while the gateway is running, and 503 while the gateway shuts down. */
  @Get('healthz')
  @RouteConfig({ access: 'public' })
  @Header('content-type', 'application/json')
  health(): Buffer {
    if (this.gatewayHealth.isDraining()) {
      throw new ContractError(HttpStatus.SERVICE_UNAVAILABLE, 'Stopping', 'The gateway is about to stop.');
    }
    return OK_BODY;
  }

  /** The readiness check for rolling restarts. It returns 200 if the gateway is running and its store can store an order. */
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
