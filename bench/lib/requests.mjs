// What is asked: the four queries of each contestant's dialect, the values that they are asked with, and the bodies. How the modes differ
// is said here and in docs/performance.md; request.lua follows it.
//
//   repeated   the same bytes each time
//   variables  the same document, other variables each time; in ambito's dialect no two requests have the same, since each asks about
//              another day (`asOf`), so that no kept answer can help. The peers keep no answers.
//   documents  as `variables`, and each document has another operation name, so that no kept document can help either
//   persisted  as `variables`, the document named by its SHA-256 (ambito only)

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export const QUERIES = ["q1", "q2", "q3", "q4"];
export const MODES = ["repeated", "variables", "documents", "persisted"];
/** Entries of a page, as the queries ask for them. */
export const PAGE = 100;

/** The number of the first measured request; those before are for checks. */
export const FIRST_MEASURED = 100_000;
/** So many days are there to tell requests apart by. */
export const LAST_MEASURED = 7800 * 336;

/** Value sets for a query; more would only make the request's table larger. */
const SETS_MAX = 2000;
/** Ambiti and years whose pages are walked to get cursors. */
const WALKED_MAX = 60;
/** A step that meets every value of a list once before it comes back, as long as the list's length is no multiple of it. */
const STRIDE = 7919;

/** At most `most` of a list, spread over all of it, always the same ones. */
function spread(list, most) {
  return Array.from({ length: Math.min(list.length, most) }, (_, index) => list[(index * STRIDE) % list.length]);
}

const pad = (number) => String(number).padStart(4, "0");

/** What the queries may be asked about, from the generator's manifest. */
export function subjects(manifest) {
  const years = Array.from({ length: manifest.years }, (_, index) => manifest.firstYear + index);
  const ambiti = Array.from({ length: manifest.ambiti }, (_, index) => `B${pad(index + 1)}`);
  const comuni = Array.from({ length: manifest.comuni }, (_, index) => String(manifest.firstCode + index));
  const plans = ambiti.flatMap((ambito) => years.map((year) => ({ ambito, year })));
  const bills = spread(comuni, SETS_MAX).flatMap((comune) => years.map((year) => ({ comune, year })));
  return {
    q1: spread(bills, SETS_MAX),
    q2: spread(plans, SETS_MAX),
    q3: spread(plans, WALKED_MAX),
    q4: spread(plans, SETS_MAX),
  };
}

/** The document of a query in a dialect, on one line. */
function document(dialect, query) {
  const file = new URL(`../queries/${dialect}/${query}.graphql`, import.meta.url);
  return readFileSync(file, "utf8").replaceAll(/\s+/g, " ").trim();
}

const known = new Map();

/** The parts of a body around the operation's name and the variables. */
export function parts(dialect, query, mode) {
  const key = `${dialect} ${query} ${mode === "persisted"}`;
  if (!known.has(key)) known.set(key, split(document(dialect, query), mode));
  return known.get(key);
}

function split(text, mode) {
  if (mode === "persisted") {
    const hash = createHash("sha256").update(text).digest("hex");
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hash } });
    return { start: `{"extensions":${extensions},"variables":{`, middle: "", finish: "}}" };
  }
  const quoted = JSON.stringify(text).slice(1, -1);
  const name = quoted.indexOf("(");
  return {
    start: `{"query":"${quoted.slice(0, name)}`,
    middle: `${quoted.slice(name)}","variables":{`,
    finish: "}}",
  };
}

/** The inside of the variables' object. */
export function variables(values) {
  return JSON.stringify(values).slice(1, -1);
}

/** A body for these values; `unique` makes it one that was never sent. */
export function body(dialect, query, mode, values, unique) {
  const { start, middle, finish } = parts(dialect, query, mode);
  const name = mode === "documents" ? `_${unique}` : "";
  const day = dialect === "ambito" && mode !== "repeated" ? { day: unusualDay(unique) } : {};
  return `${start}${name}${middle}${variables({ ...values, ...day })}${finish}`;
}

/** The day that request.lua gives the n-th request, all of them after the last act, so that the same plans are in force. */
function unusualDay(n) {
  const two = (number) => String(number).padStart(2, "0");
  return `${2100 + (Math.floor(n / 336) % 7800)}-${two((Math.floor(n / 28) % 12) + 1)}-${two((n % 28) + 1)}`;
}
