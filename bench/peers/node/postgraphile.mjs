// PostGraphile over the bench's database, set up as its documentation advises for production: the amber preset, no GraphiQL, no
// watching, Grafserv on Node's own HTTP server. The functions beside it are in postgraphile.sql. No authentication.
//
//   node postgraphile.mjs --database URL --port N [--processes N] [--pool N]

import { createServer } from "node:http";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { postgraphile } from "postgraphile";
import { start } from "./processes.mjs";

async function serve({ database, port, pool }) {
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    // It hides relations whose columns have no index of just these; that on a quota's budget serves them as well.
    disablePlugins: ["PgIndexBehaviorsPlugin"],
    pgServices: [
      makePgService({ connectionString: database, schemas: ["public", "peer"], poolConfig: { max: pool, min: pool } }),
    ],
    gather: { installWatchFixtures: false },
    schema: { dontSwallowErrors: true, defaultBehavior: "connection list" },
    grafast: { explain: false },
    grafserv: { graphiql: false, graphqlPath: "/graphql", watch: false },
  });
  const serv = instance.createServ(grafserv);
  const server = createServer();
  await serv.addTo(server);
  await serv.ready();
  server.listen(port, "127.0.0.1");
}

await start(serve);
