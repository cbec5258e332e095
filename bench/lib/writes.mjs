// Writes, one after the other by each of some clients: every client changes a draft of its own, so that none waits for another's revision, only
// for the writer's place. Then whole plans: copies, each of which computes all its budgets. ../writes.sh makes the ground ready.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort, Running } from "./process.mjs";
import { token } from "./server.mjs";

/** Copies of a whole plan that are timed. */
const COPIES = 50;
const CREATE = `mutation($input: CreatePlanInput!) { createPlan(input: $input) { plan { id revision } errors { message } } }`;
const SET = `mutation($input: SetBudgetInput!) { setBudget(input: $input) { plan { revision } errors { message } } }`;

function options() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: { ...Object.fromEntries(["work", "ambito", "folder", "url", "engine", "code"].map((name) => [name, text()])), seconds: text("20"), clients: text("8") },
  });
  return { ...values, seconds: Number(values.seconds), clients: Number(values.clients) };
}

/** Starts the server, and gives what sends it a request with its time. */
async function start(given) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    AMBITO_DATABASE_URL: given.url,
    AMBITO_SIGNING_KEY_FILES: join(given.folder, "signing-key.pem"),
    AMBITO_ISSUER: "urn:ambito:bench",
    AMBITO_LISTEN: `127.0.0.1:${port}`,
    AMBITO_RATE_PER_MINUTE: "10000000",
    AMBITO_LOG: "warn",
  };
  const running = Running.start({ program: given.ambito, arguments: ["serve"], environment }, join(given.work, "writes.log"));
  await running.ready(async () => (await fetch(`${url}/health/ready`)).ok, performance.now());
  const client = readFileSync(join(given.folder, "client"), "utf8");
  const [id, secret] = ["client_id", "client_secret"].map((word) => new RegExp(`^${word}: (\\S+)$`, "m").exec(client)[1]);
  const authorization = `Bearer ${await token(url, { id, secret })}`;
  const send = async (query, input) => {
    const began = performance.now();
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID(), authorization };
    const response = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables: { input } }) });
    const text = await response.text();
    const payload = Object.values(JSON.parse(text).data ?? {})[0];
    if (!payload?.plan) throw new Error(`not written: ${response.status} ${text}`);
    return { plan: payload.plan, milliseconds: performance.now() - began };
  };
  return { running, url, authorization, send };
}

async function planInForce({ url, authorization }, code) {
  const query = `{ ambito(code: "${code}") { plans(status: APPROVED) { id year } services { code } } }`;
  const headers = { "content-type": "application/json", authorization };
  const response = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { plans, services } = (await response.json()).data.ambito;
  return { id: plans.at(-1).id, year: plans.at(-1).year, service: services[0].code };
}

const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

function row(name, times) {
  const sorted = times.toSorted((one, other) => one - other);
  const told = [0.5, 0.99, 1].map((part) => share(sorted, part).toFixed(1));
  return `| ${name} | ${told.join(" | ")} |`;
}

async function main() {
  const given = options();
  const server = await start(given);
  try {
    const plan = await planInForce(server, given.code);
    const copy = () => server.send(CREATE, { ambito: given.code, year: plan.year + 1, kind: "FORECAST", copyOf: plan.id });
    const drafts = [];
    for (let count = 0; count < given.clients; count += 1) drafts.push((await copy()).plan);
    const times = [];
    const began = performance.now();
    const write = async (draft) => {
      for (let { revision } = draft; performance.now() - began < given.seconds * 1000; ) {
        const amount = `${100_000 + times.length}.00`;
        const done = await server.send(SET, { plan: draft.id, expectedVersion: revision, service: plan.service, amount });
        revision = done.plan.revision;
        times.push(done.milliseconds);
      }
    };
    await Promise.all(drafts.map(write));
    const rate = (times.length * 1000) / (performance.now() - began);
    const copies = [];
    for (let count = 0; count < COPIES; count += 1) copies.push((await copy()).milliseconds);
    console.log(`${given.engine}, ${given.clients} clients, ${given.seconds} s: ${rate.toFixed(0)} writes a second.\n`);
    console.log(["| milliseconds | p50 | p99 | longest |", "| --- | --- | --- | --- |"].join("\n"));
    console.log([row("a write", times), row("a whole plan copied and computed", copies), ""].join("\n"));
  } finally {
    await server.running.stop();
  }
}

try {
  await main();
} catch (problem) {
  console.error(`bench: ${problem.stack ?? problem}`);
  process.exit(1);
}
