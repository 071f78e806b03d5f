// SPDX-License-Identifier: Apache-2.0
// What the servers of this folder share: options, TLS with the tests' certificates on a free port
// of 127.0.0.1, and an end of their own should the script that started them be gone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import https from 'node:https';

// --name value --name value ...
export function options() {
  const words = process.argv.slice(2);
  const out = {};
  for (let i = 0; i + 1 < words.length; i += 2) {
    out[words[i].replace(/^--/, '')] = words[i + 1];
  }
  return out;
}

// make(url) gives the handler of all requests.
export async function serve(given, make) {
  const server = https.createServer({
    cert: readFileSync(`${given.pki}/server.pem`),
    key: readFileSync(`${given.pki}/server.key`),
    minVersion: 'TLSv1.2',
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address();
  server.on('request', await make(`https://localhost:${port}`));
  writeFileSync(`${given['port-file']}.new`, `${port}\n`);
  renameSync(`${given['port-file']}.new`, given['port-file']);

  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 1000).unref();
  setTimeout(() => process.exit(0), 900_000).unref();
  return server;
}

export async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function answer(response, status, value, headers = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(text);
}
