// Writes made-up Ambiti as import folders (docs/import.md), the same bytes for the same arguments.
//
//   node bench/generate.mjs --comuni 8000 --ambiti 400 --out DIR [--services 13] [--years 10] [--first-year 2016] [--seed 1]
//
// DIR gets one folder an Ambito, ready for `ambito import`, and `manifest.json`, which says what is in them. The shape is that of
// the demonstration: all comuni take part in all services, every kind of rule occurs, the same measures are frozen. All plans are
// approved. Names, codes and figures stand for nobody. It loads nothing: see `load.sh`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** The first comune's ISTAT code; the others follow. No Italian comune has a code in this range. */
const FIRST_CODE = 900001;
/** How often hours and cases are counted, in years; residents are counted every year. */
const COUNTED_EVERY = 5;
const COMUNI_MAX = 90000;

/** Repeatable numbers from 0 to below `bound` (xorshift32); they must be varied, not unpredictable. */
class Dice {
  constructor(seed) {
    this.state = Math.imul(seed, 2654435761) | 1;
  }

  below(bound) {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % bound;
  }
}

/** What the services are like, in turn: euro a comune, percent that a fund covers, what they count, and the rule. */
const KINDS = [
  { name: "Staff operativo", area: "Gestione", euro: 4000, rule: byMeasure("RESIDENTS") },
  { name: "Organi e spese di gestione", area: "Gestione", euro: 1500, rule: 'kind = "EQUAL"' },
  { name: "Tutela minori", area: "Servizi associati", euro: 12000, percent: 45, rule: byMeasure("RESIDENTS") },
  {
    name: "Assistenza domiciliare minori",
    area: "Servizi associati",
    euro: 60000,
    balancing: true,
    counts: ["HOURS", "CASES"],
    rule: 'kind = "TARIFF"\nmeasure = "HOURS"\nprice = "21.35"',
  },
  {
    name: "Integrazione lavorativa",
    area: "Servizi associati",
    euro: 9000,
    percent: 30,
    rule: [
      'kind = "BY_BANDS"',
      'measure = "RESIDENTS"',
      "marginal = true",
      'bands = [{ up_to = "3000", weight = "0.8" }, { up_to = "10000", weight = "1" }, { weight = "1.25" }]',
    ].join("\n"),
  },
  { name: "Consulenza familiare", area: "Servizi associati", euro: 2000, percent: 60, rule: 'kind = "EQUAL"' },
  {
    name: "Mediazione familiare",
    area: "Servizi associati",
    euro: 6000,
    percent: 50,
    rule: byMeasure("RESIDENTS", 'rounding = "HALF_UP_EACH"'),
  },
  {
    name: "Servizio sociale di base",
    area: "Servizi affidati",
    euro: 13000,
    counts: ["ENTRUSTED_HOURS"],
    rule: byMeasure("ENTRUSTED_HOURS"),
  },
  {
    name: "Assistenza domiciliare",
    area: "Servizi affidati",
    euro: 21000,
    counts: ["HOURS", "CASES"],
    rule: byMeasure("HOURS"),
  },
  {
    name: "Assistenza ad personam",
    area: "Servizi affidati",
    euro: 55000,
    counts: ["HOURS", "CASES"],
    rule: [
      'kind = "MIXED"',
      "part = [",
      '  { percent = "60", kind = "BY_MEASURE", measure = "RESIDENTS" },',
      '  { remainder = true, kind = "BY_MEASURE", measure = "HOURS" },',
      "]",
    ].join("\n"),
  },
  { name: "Ufficio di piano", area: "Progetti", euro: 8000, percent: 100, rule: 'kind = "EQUAL"' },
  {
    name: "Coordinamento provinciale",
    area: "Progetti",
    euro: 3000,
    balancing: true,
    rule: [
      'kind = "FLAT_BY_BAND"',
      'measure = "RESIDENTS"',
      'amounts = [{ up_to = "2000", amount = "150.00" }, { up_to = "8000", amount = "310.50" }, { amount = "725.25" }]',
    ].join("\n"),
  },
  { name: "Titoli sociali", area: "Anziani, minori, disabili", euro: 30000, percent: 20, weights: true },
];

function byMeasure(measure, more = "") {
  return `kind = "BY_MEASURE"\nmeasure = "${measure}"${more && `\n${more}`}`;
}

function arguments_() {
  const { values } = parseArgs({
    options: {
      comuni: { type: "string" },
      ambiti: { type: "string", default: "1" },
      services: { type: "string", default: "13" },
      years: { type: "string", default: "10" },
      "first-year": { type: "string", default: "2016" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
    },
  });
  const whole = (name, least, most) => {
    const value = Number(values[name]);
    if (!/^\d+$/.test(values[name] ?? "") || value < least || value > most) {
      throw new Error(`--${name}: a whole number from ${least} to ${most} is needed`);
    }
    return value;
  };
  if (!values.out) throw new Error("--out: a folder is needed");
  const asked = {
    comuni: whole("comuni", 1, COMUNI_MAX),
    ambiti: whole("ambiti", 1, COMUNI_MAX),
    services: whole("services", 1, 99),
    years: whole("years", 1, 50),
    firstYear: whole("first-year", 1995, 2150),
    seed: whole("seed", 1, 2147483647),
    out: values.out,
  };
  if (asked.comuni % asked.ambiti !== 0) throw new Error("--ambiti: the comuni must divide evenly among the Ambiti");
  return asked;
}

/** Euro and cents as a text. */
function euro(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** The services of an Ambito, each with its code and its kind. */
function services(count) {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length];
    const again = Math.floor(index / KINDS.length);
    const name = again === 0 ? kind.name : `${kind.name} ${again + 1}`;
    return { ...kind, name, code: `S${String(index + 1).padStart(2, "0")}` };
  });
}

/** The comuni of an Ambito. Few are large, most are small, as in Italy. */
function comuni(first, count, dice) {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const residents = 150 + dice.below(2500) + (dice.below(3) === 0 ? dice.below(9000) : 0) + (dice.below(40) === 0 ? dice.below(90000) : 0);
    return { number, code: String(FIRST_CODE + number), name: `Comune ${String(number + 1).padStart(5, "0")}`, residents };
  });
}

function comuniFile(members) {
  const rows = members.map(({ number, code, name }) => {
    const letter = String.fromCharCode(65 + (Math.floor(number / 1000) % 26));
    return `${code},${name},${letter}${String(number % 1000).padStart(3, "0")},XX,`;
  });
  return ["istat_code,name,cadastral_code,province,member_from", ...rows, ""].join("\n");
}

/** The day on which what a year's plan freezes was counted. */
function residentsDay(year) {
  return `${year - 1}-01-01`;
}

function countedDay(year, asked) {
  const lag = (year - asked.firstYear) % COUNTED_EVERY;
  return `${year - lag - 1}-12-31`;
}

function measurementsFile(members, offered, asked, dice) {
  const rows = ["istat_code,measure,service,value,reference_date,source,assumed"];
  for (const { code, residents } of members) {
    for (let year = asked.firstYear; year < asked.firstYear + asked.years; year += 1) {
      const value = Math.max(100, residents + dice.below(1 + Math.floor(residents / 20)) - Math.floor(residents / 40));
      rows.push(`${code},RESIDENTS,,${value},${residentsDay(year)},Generatore,false`);
    }
    for (let year = asked.firstYear; year < asked.firstYear + asked.years; year += COUNTED_EVERY) {
      for (const service of offered) {
        for (const measure of service.counts ?? []) {
          const value = measure === "CASES" ? 1 + dice.below(30) : `${40 + dice.below(900)}.${25 * dice.below(4)}`;
          rows.push(`${code},${measure},${service.code},${value},${countedDay(year, asked)},Generatore,false`);
        }
      }
    }
  }
  rows.push("");
  return rows.join("\n");
}

function head(ambito, asked) {
  const last = asked.firstYear + asked.years - 1;
  const lines = [
    "[ambito]",
    `code = "${ambito.code}"`,
    `name = "Ambito ${ambito.code}"`,
    'region = "Regione"',
    'province = "XX"',
    `managing_body = "Azienda ${ambito.code}"`,
    "",
    "[programme]",
    `title = "Piano di programma ${asked.firstYear}-${last}"`,
    `from_year = ${asked.firstYear}`,
    `to_year = ${last}`,
    "",
  ];
  for (const [code, name, level] of [
    ["QUOTA_COMUNI", "Quota dei Comuni", "COMUNI"],
    ["FNPS", "Fondo Nazionale per le Politiche Sociali", "STATE"],
    ["FSR", "Fondo Sociale Regionale", "REGION"],
  ]) {
    lines.push("[[fund]]", `code = "${code}"`, `name = "${name}"`, `level = "${level}"`, "");
  }
  return lines;
}

function serviceBlock(service) {
  return [
    "[[service]]",
    `code = "${service.code}"`,
    `name = "${service.name}"`,
    `area = "${service.area}"`,
    'delivery = "gestione diretta"',
    'mission_programme = "12.07"',
    'participants = "all"',
    'covered_by = ["QUOTA_COMUNI", "FNPS", "FSR"]',
    'targets = ["minori", "famiglie"]',
    'indicators = ["verifica funzionale"]',
    "",
  ];
}

function yearBlocks(year, offered, asked) {
  const lines = [
    "[[plan]]",
    `year = ${year}`,
    'kind = "FORECAST"',
    `resolution = { number = "${year}/1", date = ${year - 1}-12-15, body = "Assemblea dei Sindaci" }`,
    "",
    ...["03-31", "07-31"].flatMap((due) => ["[[instalment]]", `years = [${year}]`, `due = "${due}"`, 'percent = "50"', ""]),
    "[[basis]]",
    `years = [${year}]`,
    'measure = "RESIDENTS"',
    `reference_date = ${residentsDay(year)}`,
    "",
  ];
  for (const measure of new Set(offered.flatMap((service) => service.counts ?? []))) {
    lines.push("[[basis]]", `years = [${year}]`, `measure = "${measure}"`, `reference_date = ${countedDay(year, asked)}`, "");
  }
  return lines;
}

function budgetBlock(service, year, members, dice) {
  const cents = members.length * service.euro * 100 + dice.below(members.length * service.euro * 10);
  const rule = service.weights
    ? ['kind = "BY_FIXED_WEIGHTS"', `weights = { ${members.map(({ code, number }) => `${code} = "${1 + (number % 7)}.5"`).join(", ")} }`].join("\n")
    : service.rule;
  const lines = ["[[budget]]", `service = "${service.code}"`, `years = [${year}]`, `amount = "${euro(cents)}"`];
  if (service.percent) {
    lines.push("", "[[budget.funding]]", 'fund = "FNPS"', `amount = "${euro(Math.floor((cents * service.percent) / 100))}"`);
  }
  if (service.balancing) lines.push("", "[[budget.funding]]", 'fund = "FSR"', 'amount = "balancing"');
  lines.push("", "[budget.rule]", rule, "");
  return lines;
}

function planFile(ambito, members, offered, asked, dice) {
  const lines = [...head(ambito, asked), ...offered.flatMap(serviceBlock)];
  for (let year = asked.firstYear; year < asked.firstYear + asked.years; year += 1) {
    lines.push(...yearBlocks(year, offered, asked));
    for (const service of offered) lines.push(...budgetBlock(service, year, members, dice));
  }
  return lines.join("\n");
}

function main() {
  const asked = arguments_();
  const dice = new Dice(asked.seed);
  const offered = services(asked.services);
  const each = asked.comuni / asked.ambiti;
  const ambiti = [];
  for (let index = 0; index < asked.ambiti; index += 1) {
    const code = `B${String(index + 1).padStart(4, "0")}`;
    const members = comuni(index * each, each, dice);
    const folder = join(asked.out, code);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "comuni.csv"), comuniFile(members));
    writeFileSync(join(folder, "measurements.csv"), measurementsFile(members, offered, asked, dice));
    writeFileSync(join(folder, "plan.toml"), planFile({ code }, members, offered, asked, dice));
    ambiti.push({ code, comuni: members.map((comune) => comune.code) });
  }
  const { comuni: comuniCount, ambiti: ambitiCount, firstYear, years, seed } = asked;
  const manifest = {
    comuni: comuniCount,
    ambiti: ambitiCount,
    comuniEach: each,
    firstCode: FIRST_CODE,
    firstYear,
    years,
    services: offered.map((service) => service.code),
    seed,
  };
  writeFileSync(join(asked.out, "manifest.json"), `${JSON.stringify(manifest)}\n`);
  console.log(`written: ${ambitiCount} Ambiti, ${comuniCount} comuni, ${offered.length} services, ${years} years, in ${asked.out}`);
}

try {
  main();
} catch (problem) {
  console.error(`generate: ${problem.message}`);
  process.exit(1);
}
