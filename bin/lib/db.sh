#!/usr/bin/env bash
# Runs a database command under its old name: bash bin/lib/db.sh VERB [prod] [arguments].
#
# `prod` selects PROD_CONNECTION_URL. The program is that of this checkout, else that in PATH; if
# there is none, it is built.
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
# An empty $prod must not become an argument.
# shellcheck disable=SC2086
exec "$cruddur" db "$verb" $prod "$@"
