// Fastify and Mercurius over the bench's database: compiled queries (JIT) from their second use on, loaders with one statement a
// level, prepared statements, joins where a row is known to need another. No authentication, no check of what is in force.
//
//   node mercurius.mjs --database URL --port N [--processes N] [--pool N]

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { start } from "./processes.mjs";

const SCHEMA = new URL("../../queries/plain/schema.graphql", import.meta.url);

/** Each statement with the name under which a connection keeps it prepared. */
const SQL = {
  comune: "SELECT id, istat_code, name FROM comune WHERE istat_code = $1",
  ambito: "SELECT id, code, name FROM ambito WHERE code = $1",
  plan: "SELECT id, year FROM plan WHERE ambito_id = $1 AND year = $2 AND status = 'APPROVED'",
  budgets: `SELECT b.id, b.amount_cents, s.code, s.name FROM budget b JOIN service s ON s.id = b.service_id
    WHERE b.plan_id = $1 ORDER BY s.position`,
  quotasOfBudgets: `SELECT q.budget_id, q.amount_cents, c.istat_code, c.name FROM quota q JOIN comune c ON c.id = q.comune_id
    WHERE q.budget_id = ANY($1) ORDER BY c.istat_code`,
  quotasOfComuni: `SELECT w.at, q.amount_cents, s.code, s.name
    FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS w (comune_id, year, at)
    JOIN quota q ON q.comune_id = w.comune_id JOIN plan p ON p.id = q.plan_id AND p.year = w.year AND p.status = 'APPROVED'
    JOIN budget b ON b.id = q.budget_id JOIN service s ON s.id = b.service_id ORDER BY s.position`,
  page: `SELECT q.id, q.amount_cents, c.istat_code, c.name, s.code
    FROM ambito a JOIN plan p ON p.ambito_id = a.id AND p.year = $2 AND p.status = 'APPROVED'
    JOIN quota q ON q.plan_id = p.id JOIN comune c ON c.id = q.comune_id
    JOIN budget b ON b.id = q.budget_id JOIN service s ON s.id = b.service_id
    WHERE a.code = $1 AND q.id > $3 ORDER BY q.id LIMIT $4`,
  totals: `SELECT s.code, s.name, sum(q.amount_cents)::bigint AS cents
    FROM ambito a JOIN plan p ON p.ambito_id = a.id AND p.year = $2 AND p.status = 'APPROVED'
    JOIN budget b ON b.plan_id = p.id JOIN quota q ON q.budget_id = b.id JOIN service s ON s.id = b.service_id
    WHERE a.code = $1 GROUP BY s.id ORDER BY s.code`,
};

/** Whole cents, as the driver gives a bigint, in euro. */
function euro(cents) {
  const digits = cents.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const cursor = (id) => Buffer.from(id).toString("base64url");
const idOf = (text) => Buffer.from(text, "base64url").toString();

function resolvers(all) {
  return {
    Query: {
      comune: async (_, { istatCode }) => {
        const [row] = await all("comune", [istatCode]);
        return row && { id: row.id, istatCode: row.istat_code, name: row.name };
      },
      ambito: async (_, { code }) => (await all("ambito", [code]))[0],
      quotas: async (_, { ambito, year, first, after }) => {
        const rows = await all("page", [ambito, year, after ? idOf(after) : "0", first + 1]);
        const edges = rows.slice(0, first).map((row) => ({
          cursor: cursor(row.id),
          node: {
            amount: euro(row.amount_cents),
            comune: { istatCode: row.istat_code, name: row.name },
            service: { code: row.code },
          },
        }));
        return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor } };
      },
      totals: async (_, { ambito, year }) =>
        (await all("totals", [ambito, year])).map((row) => ({ amount: euro(row.cents), service: row })),
    },
    Ambito: { plan: async ({ id }, { year }) => (await all("plan", [id, year]))[0] },
    Plan: {
      budgets: async ({ id }) =>
        (await all("budgets", [id])).map((row) => ({ id: row.id, amount: euro(row.amount_cents), service: row })),
    },
  };
}

function loaders(all) {
  // Nothing is asked for twice in one request, so keeping answers would only cost.
  const opts = { cache: false };
  return {
    Budget: {
      quotas: {
        opts,
        loader: async (queries) => {
          const lists = new Map(queries.map(({ obj }) => [obj.id, []]));
          for (const row of await all("quotasOfBudgets", [[...lists.keys()]])) {
            lists.get(row.budget_id).push({
              amount: euro(row.amount_cents),
              comune: { istatCode: row.istat_code, name: row.name },
            });
          }
          return queries.map(({ obj }) => lists.get(obj.id));
        },
      },
    },
    Comune: {
      quotas: {
        opts,
        loader: async (queries) => {
          const lists = queries.map(() => []);
          const rows = await all("quotasOfComuni", [
            queries.map(({ obj }) => obj.id),
            queries.map(({ params }) => params.year),
          ]);
          for (const row of rows) lists[row.at - 1].push({ amount: euro(row.amount_cents), service: row });
          return lists;
        },
      },
    },
  };
}

async function serve({ database, port, pool: max }) {
  const pool = new pg.Pool({ connectionString: database, min: max, max });
  const all = async (name, values) => (await pool.query({ name, text: SQL[name], values })).rows;
  const app = Fastify();
  app.register(mercurius, {
    schema: readFileSync(SCHEMA, "utf8"),
    resolvers: resolvers(all),
    loaders: loaders(all),
    jit: 1,
    graphiql: false,
  });
  await app.listen({ port, host: "127.0.0.1" });
}

await start(serve);
