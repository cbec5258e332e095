// From the lines of a run to Markdown tables, ready for docs/performance.md.
//
//   node bench/lib/report.mjs RESULTS.jsonl

import { readFileSync } from "node:fs";

const lines = readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
const figures = lines.filter((line) => line.kind === "figures");

const inOrder = (list) => [...new Set(list)];
const sets = inOrder(figures.map((line) => line.data));
const contestants = inOrder(figures.map((line) => line.contestant));
const queries = inOrder(figures.map((line) => line.query)).sort();
const modes = inOrder(figures.map((line) => line.mode));
const PEERS = contestants.filter((name) => name !== "limit" && !name.startsWith("ambito"));
/** The number of connections that most lines have. */
const CONNECTIONS = mode(figures.map((line) => line.connections));

function mode(list) {
  const counts = new Map();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function some(wanted, value) {
  const found = figures.filter((line) => Object.entries(wanted).every(([key, one]) => line[key] === one));
  return found.map((line) => line[value]).filter((one) => one !== null && one !== undefined);
}

const groups = (number) => Math.round(number).toLocaleString("en-GB");
const short = (number) => (number >= 100 ? groups(number) : number.toPrecision(2));

/** The median of the rounds, and behind it the least and the most. */
function withSpread(values) {
  if (values.length === 0) return "";
  const range = values.length > 1 ? ` (${groups(Math.min(...values))} to ${groups(Math.max(...values))})` : "";
  return `${groups(median(values))}${range}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

function byQuery(wanted, cell) {
  const rows = [];
  for (const name of contestants) {
    const cells = queries.map((query) => cell({ ...wanted, contestant: name, query, connections: CONNECTIONS }));
    if (cells.some(Boolean)) rows.push([name, ...cells]);
  }
  return table(["", ...queries.map((query) => query.toUpperCase())], rows);
}

/** How ambito stands to the limit where requests are repeated, and to the best peer where they differ. */
function ratios(wanted) {
  const rows = [];
  for (const own of contestants.filter((name) => name.startsWith("ambito"))) {
    const cells = queries.map((query) => {
      const rate = (contestant, mode) => {
        const values = some({ ...wanted, contestant, query, mode, connections: CONNECTIONS }, "perSecond");
        return values.length > 0 ? median(values) : undefined;
      };
      const mine = rate(own, wanted.mode);
      if (mine === undefined) return "";
      if (wanted.mode === "repeated") {
        const limit = rate("limit", "repeated");
        return limit ? `${(mine / limit).toFixed(2)} of the limit` : "";
      }
      // Where a document is named by its hash, the peers' best is the same document sent whole.
      const theirs = wanted.mode === "persisted" ? "variables" : wanted.mode;
      const best = PEERS.map((name) => [rate(name, theirs) ?? 0, name]).sort((a, b) => b[0] - a[0])[0];
      return best?.[0] ? `${(mine / best[0]).toFixed(1)} times ${best[1]}` : "";
    });
    if (cells.some(Boolean)) rows.push([own, ...cells]);
  }
  return rows.length > 0 ? table(["", ...queries.map((query) => query.toUpperCase())], rows) : "";
}

function processorTime(wanted) {
  const server = some(wanted, "serverTime");
  if (server.length === 0) return "";
  const database = some(wanted, "databaseTime");
  const more = database.length > 0 && median(database) > 0 ? ` + ${short(median(database))}` : "";
  return `${short(median(server))}${more}`;
}

function latency(wanted) {
  const p50 = some(wanted, "p50");
  if (p50.length === 0) return "";
  const milliseconds = (microseconds) => (microseconds / 1000).toFixed(2);
  return `${milliseconds(median(p50))} / ${milliseconds(median(some(wanted, "p99")))}`;
}

function memoryAndStart(data) {
  const mebibytes = (kibibytes) => groups(kibibytes / 1024);
  const rows = contestants.map((name) => {
    const of = (kind, key) => lines.filter((line) => line.kind === kind && line.contestant === name && line.data === data).map((line) => line[key]);
    const [starts, idle, end] = [of("start", "milliseconds"), of("start", "resident"), of("end", "resident")];
    if (starts.length === 0 || end.length === 0) return undefined;
    return [name, groups(median(starts)), mebibytes(median(idle)), mebibytes(median(end)), mebibytes(median(of("end", "proportional")))];
  });
  return table(["", "start, ms", "MiB idle", "MiB after the load", "of it, shared pages counted once"], rows.filter(Boolean));
}

/** Figures of the larger dataset over those of the smaller one. */
function growth(small, large, value) {
  return (wanted) => {
    const [from, to] = [some({ ...wanted, data: small }, value), some({ ...wanted, data: large }, value)];
    return from.length > 0 && to.length > 0 ? `${(median(to) / median(from)).toFixed(2)}` : "";
  };
}

function connections(data, name) {
  const counts = inOrder(figures.filter((line) => line.contestant === name).map((line) => line.connections)).sort((a, b) => a - b);
  const rows = [];
  for (const kind of modes) {
    for (const query of queries) {
      const wanted = { data, contestant: name, mode: kind, query };
      const cells = counts.map((count) => {
        const rate = some({ ...wanted, connections: count }, "perSecond");
        return rate.length > 0 ? `${groups(median(rate))}, ${latency({ ...wanted, connections: count })}` : "";
      });
      if (cells.some(Boolean)) rows.push([`${query.toUpperCase()} ${kind}`, ...cells]);
    }
  }
  return counts.length > 1 ? table(["", ...counts.map((count) => `${count} connections`)], rows) : "";
}

const out = [];
for (const data of sets) {
  out.push(`#### Data: ${data}\n`);
  for (const kind of modes) {
    const wanted = { data, mode: kind };
    out.push(`Requests a second, ${kind}, ${CONNECTIONS} connections: median of the rounds, in brackets the least and the most.\n`);
    out.push(byQuery(wanted, (one) => withSpread(some(one, "perSecond"))), ratios(wanted));
    out.push(`Processor time a request in microseconds, ${kind}: the server's, + PostgreSQL's.\n`, byQuery(wanted, processorTime));
    out.push(`Latency in milliseconds, ${kind}: p50 / p99.\n`, byQuery(wanted, latency));
  }
  out.push("Memory and start.\n", memoryAndStart(data));
  for (const name of contestants.filter((name) => name.startsWith("ambito"))) {
    const more = connections(data, name);
    if (more) out.push(`Growth with connections, ${name}: requests a second, p50 / p99 in milliseconds.\n`, more);
  }
}
if (sets.includes("20") && sets.includes("8000")) {
  for (const kind of modes) {
    out.push(`Growth from 20 to 8,000 comuni, ${kind}: the server's processor time a request, as a factor.\n`);
    out.push(byQuery({ mode: kind }, growth("20", "8000", "serverTime")));
    out.push(`The same, ${kind}: requests a second, as a factor.\n`, byQuery({ mode: kind }, growth("20", "8000", "perSecond")));
  }
}
console.log(out.join("\n"));
