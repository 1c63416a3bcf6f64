import { FailureLimiter, hashApiKey, ApiKeySet, generateApiKey } from '@tributary/auth';
import { fastify } from 'fastify';
import { installRouteAuthorization } from './route-authorization.js';

const [key, tenantKey, operatorKey] = [generateApiKey(), generateApiKey(), generateApiKey()];
const keySetOf = (own: string) => new ApiKeySet([{ hash: hashApiKey(own), scopes: ['read'] }]);

function createProtectedServer() {
  const server = fastify();
  const connectors = new Map([
    ['bank', keySetOf(key)],
    ['acme/bank', keySetOf(tenantKey)],
  ]);
  installRouteAuthorization(server, { connectors, operator: keySetOf(operatorKey) }, new FailureLimiter());
  return server;
}

const answer = async () => 'in';

describe('the door of a route', () => {
  it.each([
    ['/bank/anything/new', {}, [200, 401, 401, 401]],
    ['/acme/bank/anything/new', {}, [401, 200, 401, 401]],
    ['/metrics', { access: 'operator' }, [401, 401, 200, 401]],
    ['/bank/hook', { access: 'public' }, [200, 200, 200, 200]],
  ] as const)('%s opens to whom it is for', async (url, config, expected) => {
    const server = createProtectedServer();
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
    '%s, which has no authorization, cannot be registered',
    (url) => {
      expect(() => createProtectedServer().get(url, answer)).toThrow(`the route ${url} has no authorization`);
    },
  );

  it('is shut to HEAD and to other methods, too', async () => {
    const server = createProtectedServer();
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
