// SPDX-License-Identifier: Apache-2.0
// TLS before a server that speaks plain HTTP on this machine:
//     front.mjs --pki DIR --port-file FILE --to PORT
import http from 'node:http';
import { options, serve } from './serve.mjs';

const given = options();
const agent = new http.Agent({ keepAlive: true });

await serve(given, () => (request, response) => {
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
