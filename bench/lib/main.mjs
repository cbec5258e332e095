// The bench itself: every contestant of a round after the other, each alone on the machine, its answers checked before it is timed and
// after; then the next round. Results go to a file of JSON lines. Tools, programs and data are made ready by ../run.sh.

import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ask, check } from "./check.mjs";
import { contestant, USUAL } from "./contestants.mjs";
import { measure } from "./measure.mjs";
import { memory } from "./process.mjs";
import { body, MODES, QUERIES } from "./requests.mjs";
import { dataset, GROUND_OPTIONS, start, valueSets } from "./server.mjs";

/** Connections besides the usual number, for the growth with their number. */
const SWEEP = [1, 8, 64];
/** The modes in which it is measured, of ambito alone. */
const SWEPT = ["repeated", "variables"];

function options() {
  const { values } = parseArgs({
    options: {
      ...GROUND_OPTIONS,
      "postgres-pid": { type: "string", default: "" },
      results: { type: "string" },
      data: { type: "string", default: "20,8000" },
      contestants: { type: "string", default: USUAL.join(",") },
      queries: { type: "string", default: QUERIES.join(",") },
      modes: { type: "string", default: MODES.join(",") },
      connections: { type: "string", default: "32" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "5" },
      "warm-up": { type: "string", default: "2" },
      log: { type: "string", default: "warn" },
      sweep: { type: "boolean", default: false },
    },
  });
  const list = (name) => values[name].split(",").filter(Boolean);
  return { ...values, list };
}

/** A document must be sent whole once before its hash says enough. */
async function persist(server, query, values) {
  const whole = JSON.parse(body(server.dialect, query, "repeated", values, 0));
  const byHash = JSON.parse(body(server.dialect, query, "persisted", values, 0));
  await ask(server, JSON.stringify({ ...whole, ...byHash, query: whole.query }), query);
}

async function round(one, data, ground, asked, number, write) {
  const server = await start(one, data, ground);
  try {
    write({ kind: "start", contestant: one.name, milliseconds: server.startMilliseconds, ...server.idle });
    const modes = asked.modes.filter((mode) => one.modes.includes(mode));
    for (const query of asked.queries.filter((query) => data.queries.includes(query))) {
      const sets = one.name === "limit" ? [{ values: data.subjects[query][0], page: 0 }] : await valueSets(server, data, query);
      if (modes.includes("persisted")) await persist(server, query, sets[0].values);
      const verify = () => (one.name === "limit" ? 0 : check(server, query, modes, sets, data.truth));
      const compared = await verify();
      if (one.name === "ambito-sqlite" && number === 1) await keepAnswer(server, data, query, sets[0].values);
      for (const mode of modes) {
        for (const connections of asked.connections(one, mode)) {
          const line = await measure(ground, server, { query, mode, sets }, { ...asked, connections });
          write({ kind: "figures", compared, ...line });
        }
      }
      await verify();
    }
    write({ kind: "end", contestant: one.name, ...memory(server.pid) });
  } finally {
    await server.running.stop();
  }
}

/** The bytes that the limit will answer. */
async function keepAnswer(server, data, query, values) {
  const { answer } = await ask(server, body(server.dialect, query, "repeated", values, 0), query);
  writeFileSync(join(data.answers, `${query}.json`), answer);
}

async function main() {
  const given = options();
  const ground = {
    ...given,
    caseFile: join(given.work, "case.lua"),
    postgresPid: given["postgres-pid"] || undefined,
  };
  const usual = given.list("connections").map(Number);
  const rounds = Number(given.rounds);
  const asked = {
    queries: given.list("queries"),
    modes: given.list("modes"),
    seconds: Number(given.seconds),
    warmUp: Number(given["warm-up"]),
    connections: (one, mode) => {
      const sweeps = given.sweep && one.authenticates && SWEPT.includes(mode);
      return sweeps ? [...new Set([...usual, ...SWEEP])] : usual;
    },
  };
  // The limit answers what ambito answered, so that ambito goes before it.
  const order = given.list("contestants").map(contestant);
  order.sort((a, b) => Number(b.name === "ambito-sqlite") - Number(a.name === "ambito-sqlite"));
  for (const name of given.list("data")) {
    const data = dataset(name, ground);
    for (let number = 1; number <= rounds; number += 1) {
      for (const one of order) {
        const began = performance.now();
        const write = (line) => appendFileSync(given.results, `${JSON.stringify({ data: name, round: number, ...line })}\n`);
        await round(one, data, ground, asked, number, write);
        console.error(`bench: ${name}, round ${number} of ${rounds}, ${one.name}: ${Math.round((performance.now() - began) / 1000)} s`);
      }
    }
  }
}

try {
  await main();
} catch (problem) {
  console.error(`bench: ${problem.stack ?? problem}`);
  process.exit(1);
}
