// A steady load: so many requests a second for so many seconds, whatever the server does. Each request has a due time of its own and its latency
// counts from that time, not from when a connection was free, so that a stall shows in all requests that it held up (no coordinated
// omission). Half of the requests are ones of a few dozen that come again and again, the other half were never sent before. Tools and
// data are made ready by ../soak.sh.

import { appendFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { check } from "./check.mjs";
import { contestant } from "./contestants.mjs";
import { memory, processorTime } from "./process.mjs";
import { body, FIRST_MEASURED, LAST_MEASURED, QUERIES } from "./requests.mjs";
import { dataset, GROUND_OPTIONS, start, valueSets } from "./server.mjs";

/** Requests that are sent again and again, of each query. */
const REPEATED = 12;
/** Seconds that are given to the last answers. */
const LAST_SECONDS = 5;

function options() {
  const { values } = parseArgs({
    options: {
      ...GROUND_OPTIONS,
      results: { type: "string" },
      data: { type: "string", default: "8000" },
      contestant: { type: "string", default: "ambito-sqlite" },
      rate: { type: "string", default: "2000" },
      seconds: { type: "string", default: "600" },
      connections: { type: "string", default: "64" },
      log: { type: "string", default: "warn" },
    },
  });
  return { ...values, rate: Number(values.rate), seconds: Number(values.seconds), connections: Number(values.connections) };
}

/** The n-th request's query and body. */
function request(server, sets, n) {
  const query = QUERIES[n % QUERIES.length];
  const list = sets[query];
  if (Math.floor(n / QUERIES.length) % 2 === 0) {
    return { query, text: body(server.dialect, query, "repeated", list[n % Math.min(REPEATED, list.length)].values, 0) };
  }
  return { query, text: body(server.dialect, query, "variables", list[n % list.length].values, FIRST_MEASURED + n) };
}

/** What came of the requests so far. */
class Tally {
  constructor(count) {
    this.latencies = new Float64Array(count);
    this.answered = 0;
    this.failed = 0;
    this.failures = [];
  }

  answer(microseconds) {
    this.latencies[this.answered] = microseconds;
    this.answered += 1;
  }

  fail(reason) {
    this.failed += 1;
    if (this.failures.length < 5) this.failures.push(String(reason).slice(0, 300));
  }

  /** Milliseconds that this share of the answers from the `first` on took at most. */
  percentile(share, first = 0) {
    const sorted = this.latencies.slice(first, this.answered).sort();
    return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1000;
  }
}

function send(server, agent, { query, text }, due, tally) {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...server.headers };
  const sent = http.request(server.url + server.path(query), { method: "POST", agent, headers }, (response) => {
    const chunks = [];
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("error", (problem) => tally.fail(problem));
    response.on("end", () => {
      const took = (performance.now() - due) * 1000;
      const answer = Buffer.concat(chunks);
      if (response.statusCode === 200 && answer.includes('"data"') && !answer.includes('"errors"')) tally.answer(took);
      else tally.fail(`${response.statusCode} ${answer}`);
    });
  });
  sent.on("error", (problem) => tally.fail(problem));
  sent.end(text);
}

/** Sends all requests at their due times, and calls `everySecond` with the number of the second that has passed. */
async function load(server, sets, { rate, seconds, connections }, tally, everySecond) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  const began = performance.now();
  const total = rate * seconds;
  let [sent, second] = [0, 0];
  while (sent < total) {
    const now = performance.now();
    for (let due = began + (sent * 1000) / rate; due <= now && sent < total; due = began + (sent * 1000) / rate) {
      send(server, agent, request(server, sets, sent), due, tally);
      sent += 1;
    }
    if (now - began >= (second + 1) * 1000) everySecond((second += 1));
    await sleep(1);
  }
  for (let waited = 0; tally.answered + tally.failed < total && waited < LAST_SECONDS * 10; waited += 1) await sleep(100);
  everySecond(second + 1);
  agent.destroy();
  return total - tally.answered - tally.failed;
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** The change of memory from the second tenth of the time to the last one, in KiB. */
function growth(residents) {
  const tenth = Math.max(1, Math.floor(residents.length / 10));
  return median(residents.slice(-tenth)) - median(residents.slice(tenth, 2 * tenth + 1));
}

function print(given, tally, unanswered, residents, processor) {
  const mebibytes = (kibibytes) => (kibibytes / 1024).toFixed(1);
  const milliseconds = (share) => tally.percentile(share).toFixed(2);
  console.log(
    [
      `| ${given.contestant}, data ${given.data}, ${given.rate} requests a second for ${given.seconds} s | |`,
      "| --- | --- |",
      `| answered; failed; not answered in time | ${tally.answered}; ${tally.failed}; ${unanswered} |`,
      `| p50, p90, p99, p99.9 (ms) | ${[0.5, 0.9, 0.99, 0.999].map(milliseconds).join(", ")} |`,
      `| longest (ms) | ${milliseconds(1)} |`,
      `| processor time a request (µs) | ${(processor / tally.answered).toFixed(0)} |`,
      `| resident memory at the start, highest, at the end (MiB) | ${[residents[0], Math.max(...residents), residents.at(-1)].map(mebibytes).join(", ")} |`,
      `| its growth from the second tenth of the time to the last (MiB) | ${mebibytes(growth(residents))} |`,
      "",
    ].join("\n"),
  );
  for (const failure of tally.failures) console.error(`bench: ${failure}`);
}

async function main() {
  const given = options();
  if (FIRST_MEASURED + given.rate * given.seconds > LAST_MEASURED) throw new Error("there are not days enough for so many requests");
  const data = dataset(given.data, given);
  const server = await start(contestant(given.contestant), data, given);
  try {
    const sets = {};
    for (const query of QUERIES) {
      sets[query] = await valueSets(server, data, query);
      await check(server, query, ["repeated", "variables"], sets[query], data.truth);
    }
    const tally = new Tally(given.rate * given.seconds);
    const residents = [memory(server.pid).resident];
    const before = processorTime(server.pid);
    let seen = 0;
    const everySecond = (second) => {
      const { resident } = memory(server.pid);
      residents.push(resident);
      const line = { second, answered: tally.answered, failed: tally.failed, p50: tally.percentile(0.5, seen), p99: tally.percentile(0.99, seen), resident };
      appendFileSync(given.results, `${JSON.stringify(line)}\n`);
      seen = tally.answered;
    };
    const unanswered = await load(server, sets, given, tally, everySecond);
    print(given, tally, unanswered, residents, processorTime(server.pid) - before);
    for (const query of QUERIES) await check(server, query, ["repeated", "variables"], sets[query], data.truth);
    if (tally.failed + unanswered > 0) process.exitCode = 1;
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
