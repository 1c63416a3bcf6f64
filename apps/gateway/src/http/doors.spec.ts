import { FailureLimiter, hashKey, KeyRing, newKey } from '@tributary/auth';
import { fastify } from 'fastify';
import { guardRoutes } from './doors.js';

const [key, tenantKey, operatorKey] = [newKey(), newKey(), newKey()];
const ringOf = (own: string) => new KeyRing([{ hash: hashKey(own), scopes: ['read'] }]);

function guarded() {
  const server = fastify();
  const connectors = new Map([
    ['bank', ringOf(key)],
    ['acme/bank', ringOf(tenantKey)],
  ]);
  guardRoutes(server, { connectors, operator: ringOf(operatorKey) }, new FailureLimiter());
  return server;
}

const answer = async () => 'in';

describe('the door of a route', () => {
  it.each([
    ['/bank/anything/new', {}, [200, 401, 401, 401]],
    ['/acme/bank/anything/new', {}, [401, 200, 401, 401]],
    ['/metrics', { door: 'operator' }, [401, 401, 200, 401]],
    ['/bank/hook', { door: 'open' }, [200, 200, 200, 200]],
  ] as const)('%s opens to whom it is for', async (url, config, expected) => {
    const server = guarded();
    server.get(url, { config }, answer);
    const statuses = [];
    for (const own of [key, tenantKey, operatorKey, '']) {
      const { statusCode } = await server.inject({ url, headers: { authorization: `Bearer ${own}` } });
      statuses.push(statusCode);
    }
    expect(statuses).toEqual(expected);
    await server.close();
  });

  it.each(['/nobody/accounts', '/', '/acme/accounts', '/:connector/accounts', '/*'])(
    '%s, which nobody guards and nobody opened, cannot be registered',
    (url) => {
      expect(() => guarded().get(url, answer)).toThrow(`nobody guards the route ${url}`);
    },
  );

  it('is shut to HEAD and to other methods, too', async () => {
    const server = guarded();
    server.all('/bank/all', answer);
    for (const method of ['HEAD', 'GET', 'DELETE', 'OPTIONS'] as const) {
      expect((await server.inject({ method, url: '/bank/all' })).statusCode).toBe(401);
    }
    const authorization = `Bearer ${key}`;
    const moving = await server.inject({ method: 'DELETE', url: '/bank/all', headers: { authorization } });
    expect(moving.statusCode).toBe(403);
    await server.close();
  });
});
