// Who is measured, and how each is started: command, environment, dialect. None is started here.

import { join } from "node:path";

/** Connections to PostgreSQL that a peer keeps, over all its processes. */
const POOL = 16;

/** The peers on Node in so many processes. More than one is their documentation's advice for machines with several processors. */
function node(name, file, dialect, processes) {
  return {
    name,
    dialect,
    database: "postgres",
    modes: ["repeated", "variables", "documents"],
    command: (ground, dataset, port) => ({
      program: join(ground.peers, "node/node_modules/.bin/node"),
      arguments: [
        join(ground.peers, "node", file),
        ...["--database", dataset.postgres, "--port", String(port)],
        ...["--processes", String(processes), "--pool", String(POOL / processes)],
      ],
      environment: { NODE_ENV: "production" },
    }),
  };
}

function rust(name, program) {
  return {
    name,
    dialect: "plain",
    database: "postgres",
    modes: ["repeated", "variables", "documents"],
    command: (ground, dataset, port) => ({
      program: join(ground.programs, program),
      arguments: ["--database", dataset.postgres, "--port", String(port), "--pool", String(POOL)],
      environment: {},
    }),
  };
}

/** The server itself: as it is delivered, with a real token; the allowance is on and too large to be used up; no log line a request. */
function ambito(engine) {
  return {
    name: `ambito-${engine}`,
    dialect: "ambito",
    database: engine,
    modes: ["repeated", "variables", "documents", "persisted"],
    ready: "/health/ready",
    authenticates: true,
    command: (ground, dataset, port) => ({
      program: ground.ambito,
      arguments: ["serve"],
      environment: {
        AMBITO_DATABASE_URL: dataset.engines[engine],
        AMBITO_SIGNING_KEY_FILES: join(dataset.folder, "signing-key.pem"),
        AMBITO_ISSUER: "urn:ambito:bench",
        AMBITO_TOKEN_SECONDS: "604800",
        AMBITO_LISTEN: `127.0.0.1:${port}`,
        AMBITO_RATE_PER_MINUTE: "10000000",
        AMBITO_LOG: ground.log,
      },
    }),
  };
}

const ALL = [
  {
    name: "limit",
    dialect: "ambito",
    modes: ["repeated"],
    path: (query) => `/graphql/${query}`,
    command: (ground, dataset, port) => ({
      program: join(ground.programs, "peer-limit"),
      arguments: ["--answers", dataset.answers, "--port", String(port)],
      environment: {},
    }),
  },
  ambito("sqlite"),
  ambito("postgres"),
  node("postgraphile", "postgraphile.mjs", "postgraphile", 2),
  node("postgraphile-one", "postgraphile.mjs", "postgraphile", 1),
  node("mercurius", "mercurius.mjs", "plain", 2),
  node("mercurius-one", "mercurius.mjs", "plain", 1),
  rust("usual", "peer-usual"),
  rust("juniper", "peer-juniper"),
];

/** Those of a run that names none. The Node peers in one process were slower on every query, and are there to show it. */
export const USUAL = ["limit", "ambito-sqlite", "ambito-postgres", "postgraphile", "mercurius", "usual", "juniper"];

/** A contestant by its name. */
export function contestant(name) {
  const found = ALL.find((one) => one.name === name);
  if (!found) throw new Error(`there is no contestant ${name}; there are ${ALL.map((one) => one.name).join(", ")}`);
  return { path: () => "/graphql", ...found };
}
