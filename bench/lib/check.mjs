// Whether a contestant answers right: its answers and those of SQL are brought into one plain form and compared. A contestant that
// is wrong stops the bench. It also walks the pages that give the cursors of Q3.

import { execFileSync } from "node:child_process";
import { body, FIRST_MEASURED, PAGE } from "./requests.mjs";

/** Pages of a plan that are asked for: those that are full. */
const PAGES = 2;
/** Value sets of each query that are checked. */
const CHECKED = 25;

/** Numbers below those of the measured requests, each used once. */
let used = 0;
const next = () => (used += 1) % FIRST_MEASURED;

/** What the plain form of each query is in SQL. Amounts are cents as text; lists are in the order of services and comuni. */
const SQL = {
  q1: ({ comune, year }) => `
    SELECT json_build_object('comune', c.istat_code, 'name', c.name, 'quotas', (
      SELECT json_agg(json_build_array(s.code, s.name, q.amount_cents::text) ORDER BY s.position)
      FROM quota q JOIN plan p ON p.id = q.plan_id JOIN budget b ON b.id = q.budget_id JOIN service s ON s.id = b.service_id
      WHERE q.comune_id = c.id AND p.year = ${year} AND p.status = 'APPROVED'))
    FROM comune c WHERE c.istat_code = '${comune}'`,
  q2: ({ ambito, year }) => `
    SELECT json_agg(json_build_array(s.code, s.name, b.amount_cents::text, (
      SELECT json_agg(json_build_array(c.istat_code, c.name, q.amount_cents::text) ORDER BY c.istat_code)
      FROM quota q JOIN comune c ON c.id = q.comune_id WHERE q.budget_id = b.id)) ORDER BY s.position)
    FROM ambito a JOIN plan p ON p.ambito_id = a.id JOIN budget b ON b.plan_id = p.id JOIN service s ON s.id = b.service_id
    WHERE a.code = '${ambito}' AND p.year = ${year} AND p.status = 'APPROVED'`,
  q3: ({ ambito, year }, page) => `
    SELECT json_build_object('more', count(*) > ${PAGE}, 'quotas',
      (json_agg(json_build_array(istat_code, name, code, cents) ORDER BY position, istat_code))) FROM (
      SELECT c.istat_code, c.name, s.code, s.position, q.amount_cents::text AS cents
      FROM ambito a JOIN plan p ON p.ambito_id = a.id JOIN budget b ON b.plan_id = p.id JOIN service s ON s.id = b.service_id
      JOIN quota q ON q.budget_id = b.id JOIN comune c ON c.id = q.comune_id
      WHERE a.code = '${ambito}' AND p.year = ${year} AND p.status = 'APPROVED'
      ORDER BY s.position, c.istat_code LIMIT ${PAGE + 1} OFFSET ${page * PAGE}) AS page`,
  q4: ({ ambito, year }) => `
    SELECT json_agg(total ORDER BY total->>0) FROM (
      SELECT json_build_array(s.code, s.name, sum(q.amount_cents)::text) AS total
      FROM ambito a JOIN plan p ON p.ambito_id = a.id JOIN budget b ON b.plan_id = p.id JOIN service s ON s.id = b.service_id
      JOIN quota q ON q.budget_id = b.id
      WHERE a.code = '${ambito}' AND p.year = ${year} AND p.status = 'APPROVED' GROUP BY s.id) AS totals`,
};

/** Euro as a text, in cents. */
function cents(euro) {
  if (!/^\d+\.\d\d$/.test(euro)) throw new Error(`not an amount: ${euro}`);
  return euro.replace(".", "").replace(/^0+(?=\d)/, "");
}

const only = (list) => {
  if (list.length !== 1) throw new Error(`${list.length} plans instead of one`);
  return list[0];
};

/** From the dialects' answers to the plain form. */
const PLAIN = {
  ambito: {
    q1: ({ comune: c }) => ({ comune: c.istatCode, name: c.name, quotas: c.quotas.map(byService) }),
    q2: ({ ambito }) => ambito.plan.budgets.map((b) => [...byService(b), b.quotas.map(byComune)]),
    q3: ({ quotas: { edges, pageInfo } }) => ({
      more: pageInfo.hasNextPage,
      quotas: edges.map(({ node: n }) => [n.comune.istatCode, n.comune.name, n.service.code, cents(n.amount)]),
    }),
    q4: ({ costAllocation, totals }) => (costAllocation?.rows ?? totals).map(byService),
  },
  postgraphile: {
    q1: ({ comuneByIstatCode: c }) => ({
      comune: c.istatCode,
      name: c.name,
      quotas: c.quotasOfYearList.map((q) => {
        const { code, name } = q.budgetByBudgetIdAndPlanId.serviceByServiceId;
        return [code, name, q.amountCents];
      }),
    }),
    q2: ({ ambitoByCode }) =>
      only(ambitoByCode.plansByAmbitoIdList).budgetsByPlanIdList.map((b) => [
        b.serviceByServiceId.code,
        b.serviceByServiceId.name,
        b.amountCents,
        b.quotasByBudgetIdAndPlanIdList.map((q) => [q.comuneByComuneId.istatCode, q.comuneByComuneId.name, q.amountCents]),
      ]),
    q3: (data) => {
      const { edges, pageInfo } = connection("postgraphile", data);
      const row = ({ node: n }) => [
        n.comuneByComuneId.istatCode,
        n.comuneByComuneId.name,
        n.budgetByBudgetIdAndPlanId.serviceByServiceId.code,
        n.amountCents,
      ];
      return { more: pageInfo.hasNextPage, quotas: edges.map(row) };
    },
    q4: ({ peerTotalsOfYearList: rows }) => rows.map(({ code, name, cents }) => [code, name, cents]),
  },
};
PLAIN.plain = PLAIN.ambito;

function byService({ service, amount }) {
  return [service.code, service.name, cents(amount)];
}

function byComune({ comune, amount }) {
  return [comune.istatCode, comune.name, cents(amount)];
}

function connection(dialect, data) {
  return dialect === "postgraphile" ? only(data.ambitoByCode.plansByAmbitoIdList).quotasByPlanId : data.quotas;
}

/** Sends a body and gives the text of the answer and its data; anything but data is an error. */
export async function ask(server, text, query) {
  const response = await fetch(server.url + server.path(query), {
    method: "POST",
    headers: { "content-type": "application/json", ...server.headers },
    body: text,
  });
  const answer = await response.text();
  const refused = () => new Error(`${server.name}: ${response.status} ${answer.slice(0, 400)} to ${text.slice(0, 400)}`);
  if (response.status !== 200) throw refused();
  const { data, errors } = JSON.parse(answer);
  if (errors || !data) throw refused();
  return { answer, data };
}

/** The wanted answers of a dataset, asked of PostgreSQL once each. */
export class Truth {
  constructor(psql, database) {
    this.run = (sql) => execFileSync(psql, ["-X", "-q", "-A", "-t", "-d", database, "-c", sql], { encoding: "utf8", maxBuffer: 1 << 26 });
    this.known = new Map();
  }

  of(query, values, page) {
    const sql = SQL[query](values, page);
    if (!this.known.has(sql)) this.known.set(sql, JSON.stringify(JSON.parse(this.run(sql))));
    return this.known.get(sql);
  }
}

/** For each plan its first pages' values: without a cursor, and with the cursor at which each later page begins. */
export async function withCursors(server, plans) {
  const sets = [];
  for (const plan of plans) {
    let after = null;
    for (let page = 0; page < PAGES; page += 1) {
      sets.push({ values: { ...plan, after }, page });
      const { data } = await ask(server, body(server.dialect, "q3", "variables", { ...plan, after }, next()), "q3");
      const { pageInfo } = connection(server.dialect, data);
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
  }
  return sets;
}

/** Stops with the first answer that is not the right one. Gives how many answers were compared. */
export async function check(server, query, modes, sets, truth) {
  let compared = 0;
  for (const mode of modes) {
    for (const { values, page } of sets.slice(0, CHECKED)) {
      const text = body(server.dialect, query, mode, values, next());
      const { data } = await ask(server, text, query);
      const found = JSON.stringify(PLAIN[server.dialect][query](data));
      const wanted = truth.of(query, values, page);
      if (query === "q3" ? !samePage(found, wanted) : found !== wanted) {
        throw new Error(`${server.name} is wrong in ${query} (${mode}): ${text}\n${difference(found, wanted)}`);
      }
      compared += 1;
    }
  }
  return compared;
}

/** What stands around the first difference. */
function difference(found, wanted) {
  let at = 0;
  while (at < found.length && found[at] === wanted[at]) at += 1;
  const around = (text) => text.slice(Math.max(0, at - 80), at + 80);
  return `found  ...${around(found)}\nwanted ...${around(wanted)}`;
}

/** SQL reads one quota more than a page has, to know whether more follow. */
function samePage(found, wanted) {
  const { more, quotas } = JSON.parse(wanted);
  return found === JSON.stringify({ more, quotas: quotas.slice(0, PAGE) });
}
