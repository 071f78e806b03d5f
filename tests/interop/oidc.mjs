// SPDX-License-Identifier: Apache-2.0
// oidc-provider, a certified authorisation server, in the roles of two systems' token hosts, and
// next to it the routes that their tokens open.
//
//   POST /oauth2/token        HTTP Basic, JWTs                            (as CoopCycle)
//   POST /api/oauth/token     credentials in the form, opaque tokens      (as PISTE)
//   POST .../revocation       RFC 7009, for both
//   /api/...  and  /piste/... ask for a living token; 401 else
//   /state                    what was counted
//   /deny?n=N                 the next N tokens are refused though they are good
//
// --clients FILE: JSON, a list of {system, id, secret, scope, life_s}. system is "coopcycle" or
// "piste". A secret beyond printable ASCII is none by RFC 6749 (appendix A.2), and the provider
// takes none such: for those of the form it compares the percent-encoded text.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { answer, bodyOf, options, serve } from './serve.mjs';

// What the provider takes for granted and Node.js 18 lacks.
globalThis.crypto ??= webcrypto;
URL.parse ??= (text, base) => {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
};
const { default: Provider } = await import('oidc-provider');
const jose = await import('jose');

const given = options();
const clients = JSON.parse(readFileSync(given.clients, 'utf8'));
const counts = { issued: 0, refused: 0, opened: 0, closed: 0, denied: 0 };
let deny = 0;
const seen = [];

const ascii = (text) => /^[\x20-\x7e]*$/.test(text);
const kept = (text) => (ascii(text) ? text : encodeURIComponent(text));

// The size of the tokens counts: as with the RSA key of 4096 bits that CoopCycle's own image makes.
const rsa = generateKeyPairSync('rsa', { modulusLength: 4096 });
const key = {
  ...rsa.privateKey.export({ format: 'jwk' }),
  kid: 'interop',
  alg: 'RS256',
  use: 'sig',
};

function provider(issuer, system, route, method, jwt) {
  const own = clients.filter((client) => client.system === system);
  const life = new Map(own.map((client) => [client.id, client.life_s ?? 3600]));
  const made = new Provider(issuer, {
    clients: own.map((client) => ({
      client_id: client.id,
      client_secret: kept(client.secret),
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: method,
      scope: client.scope,
    })),
    clientAuthMethods: [method],
    scopes: ['openid', 'tasks', 'deliveries', 'orders'],
    jwks: { keys: [key] },
    routes: { token: route, revocation: `${route}/revocation` },
    ttl: { ClientCredentials: (_ctx, _token, client) => life.get(client.clientId) },
    features: {
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: jwt,
        defaultResource: () => issuer,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          scope: 'openid tasks deliveries orders',
          audience: `${issuer}/api`,
          accessTokenTTL: life.get(client.clientId),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  made.Client.prototype.compareClientSecret = function compare(actual) {
    return kept(actual) === this.clientSecret;
  };
  made.on('grant.success', () => (counts.issued += 1));
  made.on('grant.error', (_ctx, error) => {
    counts.refused += 1;
    console.log(system, error.error, error.error_description, error.error_detail ?? '');
  });
  made.on('server_error', (_ctx, error) => console.log(system, error));
  return made;
}

const bearerOf = (request) =>
  /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(request.headers.authorization)?.[1];

await serve(given, (url) => {
  const coopcycle = provider(url, 'coopcycle', '/oauth2/token', 'client_secret_basic', true);
  const piste = provider(`${url}/`, 'piste', '/api/oauth/token', 'client_secret_post', false);
  const keys = jose.createLocalJWKSet({
    keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'interop', alg: 'RS256' }],
  });

  // What a token says of itself, or why it opens nothing.
  async function readJwt(token) {
    const { payload } = await jose.jwtVerify(token, keys, { issuer: url, audience: `${url}/api` });
    return { client: payload.client_id, scope: payload.scope };
  }
  async function readOpaque(token) {
    const found = await piste.ClientCredentials.find(token);
    if (!found?.isValid) throw new Error('unknown, revoked or expired');
    return { client: found.clientId, scope: found.scope };
  }

  async function guarded(request, response, read, closed) {
    const body = await bodyOf(request);
    try {
      if (deny > 0) {
        deny -= 1;
        counts.denied += 1;
        throw new Error('denied');
      }
      const token = await read(bearerOf(request) ?? '');
      counts.opened += 1;
      answer(response, 200, {
        ...token,
        method: request.method,
        path: request.url,
        type: request.headers['content-type'] ?? null,
        bytes: body.length,
        token_bytes: bearerOf(request).length,
      });
    } catch (error) {
      counts.closed += 1;
      console.log(request.method, request.url, error.message);
      closed(response);
    }
  }

  const likeCoopcycle = (response) =>
    answer(response, 401, { code: 401, message: 'Invalid credentials.' }, {
      'WWW-Authenticate': 'Bearer',
    });
  const likePiste = (response) =>
    answer(response, 401, '', { 'WWW-Authenticate': 'Bearer realm="PISTE"' });

  const asCoopcycle = coopcycle.callback();
  const asPiste = piste.callback();
  return (request, response) => {
    const at = new URL(request.url, url);
    if (at.pathname.endsWith('/token') || at.pathname.endsWith('/revocation')) {
      seen.push({ path: at.pathname, basic: /^Basic /.test(request.headers.authorization ?? '') });
    }
    if (at.pathname.startsWith('/oauth2/')) asCoopcycle(request, response);
    else if (at.pathname.startsWith('/api/oauth/')) asPiste(request, response);
    else if (at.pathname.startsWith('/api/')) guarded(request, response, readJwt, likeCoopcycle);
    else if (at.pathname.startsWith('/piste/')) guarded(request, response, readOpaque, likePiste);
    else if (at.pathname === '/state') answer(response, 200, { ...counts, seen });
    else if (at.pathname === '/deny') {
      deny = Number(at.searchParams.get('n'));
      answer(response, 200, { done: true });
    } else answer(response, 404, { code: 404, message: 'Not found' });
  };
});
