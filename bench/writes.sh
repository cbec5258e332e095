#!/usr/bin/env bash
# How many writes a second the server takes, each audited, under a key of its own, and on the disk before it is answered.
#
#   bench/writes.sh                                  SQLite, 20 comuni, 8 clients for 20 seconds
#   bench/writes.sh --engine postgres --seconds 60 --clients 16
#
# Needs what run.sh needs, but for wrk and the peers. It works on a copy of the data, which is thrown away. It prints a table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/ground.sh
source bench/lib/ground.sh

engine=sqlite
passed=()
# The first Ambito that generate.mjs makes.
AMBITO_CODE=B0001
while (($# > 0)); do
  case $1 in
    --engine) engine=$2 ;;
    --seconds | --clients) passed+=("$1" "$2") ;;
    *) fail "unknown option $1; the head of this file lists them" ;;
  esac
  shift 2
done

need_tools
trap ground_clear EXIT
build
start_postgres
prepare_all 20

# The copy, with a client of the managing body.
folder=$WORK/data-writes
rm -rf "$folder"
cp -r "$WORK/data-20" "$folder"
"$AMBITO" migrate --data "$folder" >&2
"$AMBITO" client create --name writes --role AZIENDA --ambito "$AMBITO_CODE" --data "$folder" >"$folder/client"
url=sqlite://$folder/ambito.sqlite
if [[ $engine == postgres ]]; then
  psql_in postgres -c 'DROP DATABASE IF EXISTS bench_writes'
  move "$folder" bench_writes
  url=${POSTGRES/\/\/*@/\/\/ambito@}/bench_writes
fi
node bench/lib/writes.mjs --work "$WORK" --ambito "$AMBITO" --folder "$folder" --url "$url" --engine "$engine" --code "$AMBITO_CODE" "${passed[@]}"
