// The command line that both Node peers share, and their processes: one, or several that share the port. It serves nothing itself.

import cluster from "node:cluster";
import { parseArgs } from "node:util";

/** Runs `serve` with the arguments of the command line, in as many processes as they ask for. */
export async function start(serve) {
  const { values } = parseArgs({
    options: {
      database: { type: "string" },
      port: { type: "string" },
      processes: { type: "string", default: "1" },
      pool: { type: "string", default: "8" },
    },
  });
  if (!values.database || !values.port) throw new Error("--database URL and --port N are needed");
  const processes = Number(values.processes);
  if (processes > 1 && cluster.isPrimary) {
    for (let index = 0; index < processes; index += 1) cluster.fork();
    // A server with fewer processes than asked would be measured as what it is not.
    cluster.on("exit", () => process.exit(1));
    return;
  }
  await serve({ database: values.database, port: Number(values.port), pool: Number(values.pool) });
}
