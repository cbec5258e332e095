// Runs the audits of the npm package graphql-http against a running server and ends with 0 only if all of them hold.
//
//   node run.mjs URL TOKEN            (or the environment: AUDIT_URL, AUDIT_TOKEN, the token then stays out of the process list)
//
// The package is looked up from the working directory, where `npm install --no-save graphql-http` has put it; see .ci/run.

import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

// The count is fixed here, so that a package with fewer audits cannot pass unnoticed.
const AUDITS_EXPECTED = 61;
const RESPONSE_CHARS_SHOWN = 300;

const url = process.argv[2] ?? process.env.AUDIT_URL;
const token = process.argv[3] ?? process.env.AUDIT_TOKEN;
if (!url || !token) {
  console.error('usage: node run.mjs URL TOKEN');
  process.exit(2);
}

const require = createRequire(pathToFileURL(path.join(process.cwd(), 'audits.cjs')));
const { serverAudits } = require('graphql-http');

function fetchAuthorized(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(input, { ...init, headers });
}

async function describe(response) {
  const body = await response.clone().text().catch(() => '(body already read)');
  return `HTTP ${response.status} ${response.headers.get('content-type')} ${body.slice(0, RESPONSE_CHARS_SHOWN)}`;
}

let passed = 0;
let count = 0;
for (const audit of serverAudits({ url, fetchFn: fetchAuthorized })) {
  count += 1;
  const result = await audit.fn();
  if (result.status === 'ok') {
    passed += 1;
    continue;
  }
  console.error(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
  if (result.response) {
    console.error(`    ${await describe(result.response)}`);
  }
}
console.log(`graphql-http audits: ${passed} of ${count} ok`);
process.exitCode = count === AUDITS_EXPECTED && passed === count ? 0 : 1;
