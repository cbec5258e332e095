// A contestant on a dataset, started and ready to be asked: with its token, and with the values that its queries are asked with.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, Truth, withCursors } from "./check.mjs";
import { freePort, memory, Running } from "./process.mjs";
import { body, QUERIES, subjects } from "./requests.mjs";

/** What the scripts tell of the ground that they prepared: folders, programs, and the server of PostgreSQL. */
export const GROUND_OPTIONS = {
  work: { type: "string" },
  peers: { type: "string" },
  programs: { type: "string" },
  ambito: { type: "string" },
  psql: { type: "string" },
  postgres: { type: "string" },
};

/** The databases and files of a dataset, and what can be asked of it. */
export function dataset(name, ground) {
  const folder = join(ground.work, `data-${name}`);
  const answers = join(ground.work, `answers-${name}`);
  mkdirSync(answers, { recursive: true });
  const postgres = `${ground.postgres}/bench_${name.replaceAll("-", "_")}`;
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const [id, secret] = ["client_id", "client_secret"].map(
    (word) => new RegExp(`^${word}: (\\S+)$`, "m").exec(readFileSync(join(folder, "client"), "utf8"))[1],
  );
  return {
    name,
    folder,
    answers,
    postgres,
    // Where ambito finds it on each engine; on PostgreSQL in the role that serves.
    engines: { sqlite: `sqlite://${folder}/ambito.sqlite`, postgres: postgres.replace(/\/\/[^@]*@/, "//ambito@") },
    subjects: subjects(manifest),
    client: { id, secret },
    truth: new Truth(ground.psql, postgres),
    // In one Ambito of all comuni a year's budgets are no page that anybody would read.
    queries: manifest.comuniEach > 100 ? ["q1", "q3", "q4"] : QUERIES,
  };
}

/** A token of the bench's client, as any client gets one. */
export async function token(url, { id, secret }) {
  const response = await fetch(`${url}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return (await response.json()).access_token;
}

/** Starts a contestant and waits until it answers the first query. */
export async function start(one, data, ground) {
  const port = await freePort();
  const began = performance.now();
  const running = Running.start(one.command(ground, data, port), join(ground.work, `${one.name}.log`));
  const server = { ...one, running, pid: running.pid, url: `http://127.0.0.1:${port}`, headers: {}, used: new Map() };
  const first = body(one.dialect, "q1", "repeated", data.subjects.q1[0], 0);
  const answers = one.ready
    ? async () => (await fetch(server.url + one.ready)).ok
    : async () => Boolean((await ask(server, first, "q1")).data);
  try {
    server.startMilliseconds = await running.ready(answers, began);
    server.idle = memory(server.pid);
    if (one.authenticates) server.headers.authorization = `Bearer ${await token(server.url, data.client)}`;
  } catch (problem) {
    await running.stop();
    throw problem;
  }
  return server;
}

/** What each query is asked with: for Q3 the cursors are the contestant's own. */
export async function valueSets(server, data, query) {
  if (query !== "q3") return data.subjects[query].map((values) => ({ values, page: 0 }));
  return withCursors(server, data.subjects.q3);
}
