#!/usr/bin/env bash
# Runs a database command under its old name: bash bin/lib/db.sh VERB [--label NAME] [prod] [arguments].
#
# `prod` selects PROD_CONNECTION_URL. The program is the newest one of this checkout, else that in PATH; if there is
# none, it is built.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=bin/lib/program.sh
source "$root/bin/lib/program.sh"
arguments=("$1")
shift
if [ "${1:-}" = --label ]; then
  arguments+=("$1" "$2")
  shift 2
fi
if [ "${1:-}" = prod ]; then
  arguments+=(--prod)
  shift
fi

if ! cruddur=$(find_program "$root"); then
  cargo build --locked --manifest-path "$root/Cargo.toml" --bin cruddur
  cruddur=$(find_program "$root")
fi
exec "$cruddur" db "${arguments[@]}" "$@"
