// One measurement: wrk sends the requests of a case for some seconds, /proc tells what they cost. It decides nothing about who and when.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { FIRST_MEASURED, LAST_MEASURED, parts, variables } from "./requests.mjs";
import { memory, processorTime } from "./process.mjs";

const run = promisify(execFile);
const SCRIPT = new URL("request.lua", import.meta.url).pathname;
/** Threads of wrk where there are connections enough. */
const THREADS = 2;

/** A text as a Lua string. */
function lua(text) {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The case's file, as request.lua reads it. */
function writeCase(file, server, { query, mode, sets }, base, threads) {
  const { start, middle, finish } = parts(server.dialect, query, mode);
  const headers = Object.entries({ "content-type": "application/json", ...server.headers });
  const lines = [
    `mode = ${lua(mode)}`,
    `path = ${lua(server.path(query))}`,
    `headers = {${headers.map(([name, value]) => `[${lua(name)}] = ${lua(value)}`).join(", ")}}`,
    `start = ${lua(start)}`,
    `middle = ${lua(middle)}`,
    `finish = ${lua(finish)}`,
    `days = ${server.dialect === "ambito"}`,
    `base = ${base}`,
    `threads = ${threads}`,
    `sets = {${sets.map(({ values }) => lua(variables(values))).join(",\n")}}`,
  ];
  writeFileSync(file, `return {\n${lines.join(",\n")}\n}\n`);
}

/** Sends requests and gives wrk's figures. Numbers of requests are never used twice while a server runs. */
async function send(ground, server, asked, connections, seconds) {
  const threads = Math.min(THREADS, connections);
  const base = server.used.get(asked.query) ?? FIRST_MEASURED;
  writeCase(ground.caseFile, server, asked, base, threads);
  const words = ["-t", threads, "-c", connections, "-d", `${seconds}s`, "--timeout", "10s", "-s", SCRIPT, server.url].map(String);
  const { stdout } = await run("wrk", words, { env: { ...process.env, BENCH_CASE: ground.caseFile } });
  const found = /^FIGURES (\{.*\})$/m.exec(stdout);
  if (!found) throw new Error(`wrk gave no figures: ${stdout}`);
  const figures = JSON.parse(found[1]);
  // Threads run apart from each other; twice as many numbers leave room for the faster one.
  server.used.set(asked.query, base + 2 * figures.requests + 2 * connections);
  if (server.used.get(asked.query) > LAST_MEASURED) throw new Error("more requests than there are days to tell them apart by");
  return figures;
}

/** Warms up, measures, and gives one line of the results. */
export async function measure(ground, server, asked, { connections, warmUp, seconds }) {
  if (warmUp > 0) await send(ground, server, asked, connections, warmUp);
  const before = { server: processorTime(server.pid), database: databaseTime(ground, server) };
  const figures = await send(ground, server, asked, connections, seconds);
  const after = { server: processorTime(server.pid), database: databaseTime(ground, server) };
  if (figures.refused + figures.broken > 0) {
    throw new Error(`${server.name}, ${asked.query} ${asked.mode}: ${figures.refused} answers were no success, ${figures.broken} were cut`);
  }
  const { requests, microseconds, bytes, ...rest } = figures;
  return {
    contestant: server.name,
    query: asked.query,
    mode: asked.mode,
    connections,
    requests,
    perSecond: requests / (microseconds / 1e6),
    bytesEach: bytes / requests,
    ...rest,
    serverTime: (after.server - before.server) / requests,
    databaseTime: after.database === null ? null : (after.database - before.database) / requests,
    ...memory(server.pid),
  };
}

function databaseTime(ground, server) {
  if (server.database !== "postgres") return 0;
  return ground.postgresPid ? processorTime(ground.postgresPid) : null;
}
