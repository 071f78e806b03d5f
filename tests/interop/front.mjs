// SPDX-License-Identifier: Apache-2.0
// TLS before a server that speaks plain HTTP on this machine:
//     front.mjs --pki DIR --port-file FILE --to PORT [--ids yes]
// With ids, answers about a journey name the one that was asked for in the place of an example's.
import http from 'node:http';
import { bodyOf, options, serve } from './serve.mjs';

const given = options();
const agent = new http.Agent({ keepAlive: true });

// The journey that a request is about: of its path, else of its body.
function idOf(request, body) {
  const [, , list, id] = request.url.split('?')[0].split('/');
  if (list !== 'journeys') return undefined;
  if (id) return decodeURIComponent(id);
  try {
    return JSON.parse(body).operator_journey_id;
  } catch {
    return undefined;
  }
}

function withId(text, id) {
  if (id === undefined || text.length === 0) return text;
  const value = JSON.parse(text);
  for (const part of [value, value.result?.data]) {
    if (part?.operator_journey_id) part.operator_journey_id = id;
  }
  return JSON.stringify(value);
}

async function passWithId(reply, response, request, asked) {
  const text = withId(await bodyOf(reply), idOf(request, await asked));
  const headers = { ...reply.headers, 'content-length': Buffer.byteLength(text) };
  delete headers['transfer-encoding'];
  response.writeHead(reply.statusCode, headers);
  response.end(text);
}

await serve(given, () => (request, response) => {
  const asked = given.ids ? bodyOf(request) : undefined;
  const behind = http.request(
    {
      agent,
      host: '127.0.0.1',
      port: Number(given.to),
      method: request.method,
      path: request.url,
      headers: request.headers,
    },
    (reply) => {
      if (given.ids) {
        passWithId(reply, response, request, asked);
        return;
      }
      response.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(response);
    },
  );
  behind.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'Content-Type': 'text/plain' }).end(`${error.message}\n`);
  });
  request.pipe(behind);
});
