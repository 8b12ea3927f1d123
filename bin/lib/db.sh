#!/usr/bin/env bash
# Runs `cruddur db VERB` for the scripts bin/db-*: bash bin/lib/db.sh VERB [prod] [arguments].
#
# `prod` selects the database of PROD_CONNECTION_URL. The program is the debug build of this checkout, else the one in
# PATH, else a new debug build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
verb=$1
shift
prod=""
if [ "${1:-}" = prod ]; then
  prod=--prod
  shift
fi

cruddur=$target/debug/cruddur
if [ ! -x "$cruddur" ]; then
  cruddur=$(command -v cruddur || true)
fi
if [ -z "$cruddur" ]; then
  cargo build --locked --manifest-path "$root/Cargo.toml" --bin cruddur
  cruddur=$target/debug/cruddur
fi
# Unquoted, so that an empty $prod adds no argument.
# shellcheck disable=SC2086
exec "$cruddur" db "$verb" $prod "$@"
