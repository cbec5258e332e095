# What the scripts of the bench stand on: the tools they need, the programs, a throwaway PostgreSQL, the data. Sourced, never run.
# Whoever sources it has set `options` for the programs below and calls `ground_clear` at the end.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
WORK=$TARGET/bench
PEERS=$ROOT/bench/peers

# The databases of the bench: name, comuni, Ambiti.
DATASETS=("20 20 1" "8000 8000 400" "8000-one 8000 1")

AMBITO=${AMBITO:-}           # a program to measure instead of the one that is built
POSTGRES=${POSTGRES:-}       # a server to use instead of a throwaway one, postgres://user@host:port
PGBIN=
cluster=
postgres_pid=

fail() {
  echo "bench: $*" >&2
  exit 1
}

say() {
  echo "bench: $*" >&2
}

# need COMMAND WHAT-TO-DO : stops with what is missing.
need() {
  command -v "$1" >/dev/null || fail "$1 is missing; $2"
}

need_tools() {
  [[ $(uname -s) == Linux ]] || fail "processor time is read from /proc, which only Linux has"
  need cargo "install Rust from https://rustup.rs"
  need node "install Node.js and npm"
  need npm "install Node.js and npm"
  local folder
  for folder in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do
    if [[ -x $folder/initdb && $("$folder/postgres" --version | grep -oE '[0-9]+' | head -n 1) -ge 15 ]]; then
      PGBIN=$folder
    fi
  done
  [[ -n $PGBIN ]] || fail "PostgreSQL 15 or later is missing; on Debian: apt-get install postgresql-15"
}

# Builds what is measured, all in the profile `dist`: fat LTO, one codegen unit.
build() {
  if [[ -z $AMBITO ]]; then
    say "building ambito (profile dist)"
    (cd "$ROOT" && cargo build --locked --quiet --profile dist --bin ambito)
    AMBITO=$TARGET/dist/ambito
  fi
  say "building the peers in Rust (profile dist)"
  (cd "$PEERS/rust" && CARGO_TARGET_DIR=$TARGET cargo build --locked --quiet --profile dist)
  if [[ ! -d $PEERS/node/node_modules || $PEERS/node/package-lock.json -nt $PEERS/node/node_modules/.package-lock.json ]]; then
    say "installing the peers on Node"
    npm ci --prefix "$PEERS/node" --no-audit --no-fund --silent
  fi
  "$PEERS/node/node_modules/.bin/node" --version >/dev/null || fail "the npm package node did not install; allow its install script"
}

# As a user that PostgreSQL accepts, which refuses to run as root.
as_postgres() {
  if [[ $(id -u) -eq 0 ]]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# Starts a cluster that is removed at the end: durable as it comes, memory for the whole database, on this machine only.
start_postgres() {
  if [[ -n $POSTGRES ]]; then
    return
  fi
  cluster=$(mktemp -d)
  if [[ $(id -u) -eq 0 ]]; then
    chown postgres "$cluster"
  fi
  local port
  port=$(free_port)
  say "starting PostgreSQL in $cluster"
  as_postgres "$PGBIN/initdb" -D "$cluster/data" -U bench --auth=trust -E UTF8 --no-locale >/dev/null
  as_postgres "$PGBIN/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -s start -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories=$cluster -c shared_buffers=1GB -c effective_cache_size=4GB -c max_connections=200 \
    -c max_wal_size=4GB -c random_page_cost=1.1 -c jit=off"
  postgres_pid=$(head -n 1 "$cluster/data/postmaster.pid")
  POSTGRES=postgres://bench@127.0.0.1:$port
}

ground_clear() {
  if [[ -n $cluster ]]; then
    as_postgres "$PGBIN/pg_ctl" -D "$cluster/data" -m immediate -s stop || true
    rm -rf "$cluster"
  fi
}

# psql DATABASE ARGUMENTS...
psql_in() {
  local database=$1
  shift
  "$PGBIN/psql" -q -X -v ON_ERROR_STOP=1 -d "$POSTGRES/$database" "$@"
}

# Makes a dataset where it is not there: in SQLite through `ambito import`, in PostgreSQL through `ambito move`.
# prepare NAME COMUNI AMBITI
prepare() {
  local name=$1 comuni=$2 ambiti=$3 folder=$WORK/data-$1 database=bench_${1//-/_}
  if [[ ! -f $folder/ready ]]; then
    rm -rf "$folder" "$WORK/import-$name"
    mkdir -p "$WORK"
    node "$ROOT/bench/generate.mjs" --comuni "$comuni" --ambiti "$ambiti" --out "$WORK/import-$name" >&2
    "$AMBITO" migrate --data "$folder" >&2
    import "$name" "$folder"
    cp "$WORK/import-$name/manifest.json" "$folder/manifest.json"
    "$AMBITO" key create --out "$folder/signing-key.pem"
    "$AMBITO" client create --name bench --role REPORTING --data "$folder" >"$folder/client"
    rm -rf "$WORK/import-$name"
    touch "$folder/ready"
  fi
  "$AMBITO" migrate --data "$folder" >&2
  if ! psql_in postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$database'" | grep -q 1; then
    move "$folder" "$database"
    psql_in "$database" -f "$PEERS/node/postgraphile.sql" -c 'VACUUM ANALYZE'
  fi
}

import() {
  local name=$1 folder=$2 began=$SECONDS
  "$AMBITO" import "$WORK/import-$name"/*/ --data "$folder" >/dev/null
  say "imported $name in $((SECONDS - began)) s"
}

# The server itself gets the role that docs/operating.md gives it; the peers read as the owner.
move() {
  local folder=$1 database=$2 began=$SECONDS
  psql_in postgres -c "CREATE DATABASE $database"
  psql_in postgres -Atc "SELECT 1 FROM pg_roles WHERE rolname = 'ambito'" | grep -q 1 || psql_in postgres -c 'CREATE ROLE ambito LOGIN'
  "$AMBITO" move --from "sqlite://$folder/ambito.sqlite" --to "$POSTGRES/$database" >&2
  AMBITO_DATABASE_URL=$POSTGRES/$database "$AMBITO" migrate --application-role ambito >&2
  say "moved $database to PostgreSQL in $((SECONDS - began)) s"
}

# The wanted datasets, made ready. prepare_all NAME...
prepare_all() {
  local wanted dataset found
  for wanted in "$@"; do
    found=
    for dataset in "${DATASETS[@]}"; do
      # shellcheck disable=SC2086
      set -- $dataset
      if [[ $1 == "$wanted" ]]; then
        found=yes
        prepare "$@"
      fi
    done
    [[ -n $found ]] || fail "there is no dataset $wanted"
  done
}
