#!/usr/bin/env bash
# Activity: files of a million rows in, and what is asked over five million, on SQLite and PostgreSQL.
#
#   bench/activity.sh                  five files of 1,000,000 rows, both engines
#   bench/activity.sh --rows 100000    smaller files
#
# Measured of each file: seconds and the server's highest memory so far, by HTTP. Then each question, answered anew every time (activity is never
# kept), one after the other: the median and the 95th percentile in milliseconds, curl's own time to connect left out. Needs Rust, Node.js, curl, jq and PostgreSQL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/ground.sh
source bench/lib/ground.sh

readonly FILES=5
readonly ASKED=200
rows=1000000
server=
folder=

while (($# > 0)); do
  case $1 in
    --rows) rows=$2 ;;
    *) fail "unknown option $1; the head of this file lists them" ;;
  esac
  shift 2
done

clear_all() {
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  ground_clear
  [[ -z $folder ]] || rm -rf "$folder"
}

# A year of 13 services in 20 comuni, as many cases each as make up the rows: year -> file.
generate() {
  node -e '
    const [year, rows, out] = [process.argv[1], Number(process.argv[2]), process.argv[3]];
    const fs = require("node:fs");
    const column = (file) => fs.readFileSync(file, "utf8").split("\n").slice(1).filter(Boolean).map((line) => line.split(",")[0]);
    const comuni = column("api/data/ambito-9/comuni.csv");
    const services = [...fs.readFileSync("api/data/ambito-9/plan.toml", "utf8").matchAll(/\[\[service\]\]\ncode = "([^"]+)"/g)].map((found) => found[1]);
    const file = fs.openSync(out, "w");
    let [written, text, at] = [0, "service;comune;month;case;measure;value\r\n", 0];
    // A spreadsheet is sorted by none of the keys that a database would want.
    for (let person = 0; written < rows; person++) {
      for (let month = 1; month <= 12 && written < rows; month++) {
        for (const comune of comuni) {
          if (written >= rows) break;
          const service = services[(person + at) % services.length];
          at = (at * 31 + 7) % 1009;
          const hours = `${(person * 7 + month) % 60},${String((person * 13) % 100).padStart(2, "0")}`;
          text += `${service};${comune};${year}-${String(month).padStart(2, "0")};C-${String(person).padStart(6, "0")};HOURS;${hours}\r\n`;
          written++;
          if (text.length > 1 << 20) { fs.writeSync(file, text); text = ""; }
        }
      }
    }
    fs.writeSync(file, text);
  ' "$1" "$rows" "$2"
}

# Highest memory of the server so far, in MiB.
peak() {
  awk '/VmHWM/ { print int(($2 + 1023) / 1024) }' "/proc/$server/status"
}

# ask TOKEN QUERY : median and 95th percentile in milliseconds.
ask() {
  jq -n --arg query "$2" '{ query: $query }' >"$folder/question"
  local first
  first=$(curl -sS -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data-binary @"$folder/question" "$url/graphql")
  [[ $(jq 'has("errors")' <<<"$first") == false ]] || fail "$first"
  local arguments=(-sS -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data-binary @"$folder/question")
  local urls=()
  for ((at = 0; at < ASKED; at++)); do urls+=(-o /dev/null "$url/graphql"); done
  curl "${arguments[@]}" -w '%{time_total} %{time_pretransfer}\n' "${urls[@]}" |
    awk '{ print ($1 - $2) * 1000 }' | sort -g | awk '{ all[NR] = $1 } END { printf "%.1f | %.1f", all[int((NR + 1) / 2)], all[int(NR * 0.95)] }'
}

# measure ENGINE DATABASE_URL
measure() {
  local engine=$1 database=$2 log=$folder/$1.log year began took report
  AMBITO_DATABASE_URL=$database "$AMBITO" migrate >/dev/null
  AMBITO_DATABASE_URL=$database "$AMBITO" import api/data/ambito-9 >/dev/null
  local clients=$folder/$engine.clients
  for role in "AZIENDA --ambito 9" "COMUNE --comune 017103" "REPORTING"; do
    # shellcheck disable=SC2086
    AMBITO_DATABASE_URL=$database "$AMBITO" client create --name bench --role $role | paste -sd' ' >>"$clients"
  done
  AMBITO_DATABASE_URL=$database AMBITO_SIGNING_KEY_FILES=$folder/key.pem AMBITO_ISSUER=https://ambito.example AMBITO_LISTEN=127.0.0.1:0 \
    AMBITO_RATE_PER_MINUTE=0 AMBITO_TOKEN_RATE_PER_MINUTE=0 "$AMBITO" serve 2>"$log" >"$folder/out" &
  server=$!
  for ((tries = 0; tries < 100; tries++)); do
    url=$(grep -ohE '127\.0\.0\.1:[1-9][0-9]*' "$log" | head -n 1 || true)
    [[ -z $url ]] || break
    sleep 0.1
  done
  url=http://$url
  [[ $url != http:// ]] || fail "the server did not start: $(cat "$log")"
  local tokens=()
  while read -r line; do
    local id secret
    id=$(grep -oP 'client_id: \K\S+' <<<"$line") secret=$(grep -oP 'client_secret: \K\S+' <<<"$line")
    tokens+=("$(curl -sS -d "grant_type=client_credentials&client_id=$id&client_secret=$secret" "$url/oauth/token" | jq -r .access_token)")
  done <"$clients"
  echo "| $engine | before | | $(peak) |"
  for ((year = 2021; year < 2021 + FILES; year++)); do
    began=$(date +%s%N)
    report=$(curl -sS -H "Authorization: Bearer ${tokens[0]}" -H 'Content-Type: text/csv' -T "$folder/$year.csv" -X POST \
      "$url/import/activity?ambito=9&name=$year.csv")
    took=$((($(date +%s%N) - began) / 1000000))
    [[ $(jq .written <<<"$report") == true ]] || fail "$report"
    echo "| $engine | $(jq .accepted <<<"$report") rows of $year in | $took ms | $(peak) |"
  done
  [[ $engine == sqlite ]] || psql_in "${database##*/}" -c ANALYZE
  local own='{ comune(istatCode: "017103") { activity(year: 2022) { month measure total cases amount } } }'
  local other='{ comune(istatCode: "017149") { activity(year: 2022) { month measure total cases amount } } }'
  local forecast='{ comune(istatCode: "017103") { forecast(year: 2022) { measure expected lowest highest expectedOverrun } } }'
  local all='{ ambito(code: "9") { comuni { activity(year: 2022, service: "SAD") { month measure total cases } } } }'
  local total='{ ambito(code: "9") { service(code: "SAD") { activity(year: 2022) { month measure total cases } } } }'
  local page='{ activity(first: 100) { totalCount nodes { month measure case value } } }'
  local filtered='{ activity(filter: { services: ["SAD"], comuni: ["017149"], from: "2023-03-01" }, last: 100) { totalCount nodes { month case value } } }'
  echo "| $engine | a comune, its own year | $(ask "${tokens[1]}" "$own") |"
  echo "| $engine | a comune, another's year, with what is withheld | $(ask "${tokens[1]}" "$other") |"
  echo "| $engine | a comune, its forecast | $(ask "${tokens[1]}" "$forecast") |"
  echo "| $engine | 20 comuni, a service's year | $(ask "${tokens[0]}" "$all") |"
  echo "| $engine | a service's year over all comuni | $(ask "${tokens[2]}" "$total") |"
  echo "| $engine | first 100 rows, and how many there are | $(ask "${tokens[0]}" "$page") |"
  echo "| $engine | last 100 rows of a filter, and how many | $(ask "${tokens[0]}" "$filtered") |"
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}

need curl "install curl"
need jq "install jq"
need_tools
trap clear_all EXIT
if [[ -z $AMBITO ]]; then
  say "building ambito (profile dist)"
  cargo build --locked --quiet --profile dist --bin ambito
  AMBITO=$TARGET/dist/ambito
fi
folder=$(mktemp -d)
start_postgres
"$AMBITO" key create --out "$folder/key.pem"
say "writing files"
for ((year = 2021; year < 2021 + FILES; year++)); do generate "$year" "$folder/$year.csv"; done
say "a file has $(($(stat -c %s "$folder/2021.csv") / 1048576)) MiB"
echo "| engine | what | time, or median ms | MiB at most, or 95th percentile ms |"
echo "| --- | --- | --- | --- |"
measure sqlite "sqlite://$folder/ambito.sqlite?mode=rwc"
psql_in postgres -c 'CREATE DATABASE activity'
measure postgres "$POSTGRES/activity"
