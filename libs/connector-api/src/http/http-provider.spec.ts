import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import { createHttpProvider, createOAuth, PspHttp } from './index.js';

class Settings {
  url = '';
  secret = '';
}

/** Creates the module of a connector as the gateway does: a separate Nest module in which the settings are provided under their class. */
function connector(settings: Settings, clients: PspHttp[]): DynamicModule {
  class Connector {}
  const http = createHttpProvider(Settings, ({ url, secret }) => ({
    name: 'Acme',
    baseUrl: url,
    authentication: createOAuth({
      createTokenRequest: () => ({ method: 'POST', path: '/token', form: { secret } }),
    }),
  }));
  const plugin = {
    provide: 'plugin',
    inject: [PspHttp],
    useFactory: (client: PspHttp) => clients.push(client),
  };
  return { module: Connector, providers: [{ provide: Settings, useValue: settings }, http, plugin] };
}

describe('httpClient', () => {
  it('gives each connector a client of its own, with its own token', async () => {
    const fake = await FakePsp.start({
      routes: [
        fakeRoute('POST', '/token', ({ body }) => ({
          body: { access_token: `of-${(body as { secret: string }).secret}`, expires_in: 60 },
        })),
        fakeRoute('GET', '/me', ({ headers }) => ({ body: { as: headers['authorization'] } })),
      ],
    });
    const clients: PspHttp[] = [];
    @Module({ imports: ['one', 'two'].map((secret) => connector({ url: fake.url, secret }, clients)) })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    const seen: string[] = [];
    for (const http of clients) {
      seen.push((await http.get('/me')).string('as'), (await http.get('/me')).string('as'));
    }
    await app.close();
    expect(seen).toEqual(['Bearer of-one', 'Bearer of-one', 'Bearer of-two', 'Bearer of-two']);
    expect(fake.requests.filter(({ path }) => path === '/token')).toHaveLength(2);
    await fake.close();
  });
});
