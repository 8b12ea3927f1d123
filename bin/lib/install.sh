#!/usr/bin/env bash
# Installs missing tools that bin/run, bin/test, bin/test-faults, bin/test-cluster, bin/test-observe and benches/load need
# in addition to Rust and git.
#
#   source bin/lib/install.sh && ensure c_compiler postgres     asks before it uses sudo
#   sudo bash bin/lib/install.sh c_compiler postgres            the same, started as root
#
# Supports Debian and Ubuntu (apt-get) and macOS (Homebrew). Each tool has a function have_TOOL, which
# succeeds if the tool is installed, and a line in packages_of. Runs on bash 3.2, the one of macOS.
set -euo pipefail

install_sh=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/install.sh

# ensure TOOL...: installs missing tools; ends the script if that fails.
ensure() {
  local thing missing=""
  for thing in "$@"; do
    "have_$thing" || missing="$missing $thing"
  done
  [ -n "$missing" ] || return 0
  # The list must be split into names.
  # shellcheck disable=SC2086
  case $(package_manager):$(id -u) in
    apt:0 | brew:*) install_missing $missing ;;
    apt:*) install_missing_as_root $missing ;;
    *) fail "missing:$missing. This system is not supported: install them by hand" ;;
  esac
}

# A cc with the headers of the C library: some crates compile C, and rustc links with cc.
have_c_compiler() {
  cc -x c -fsyntax-only - <<<'#include <stdlib.h>' >/dev/null 2>&1
}

have_postgres() {
  find_postgres_bin >/dev/null
}

have_python_venv() {
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

have_python() {
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1
}

have_openssl() {
  command -v openssl >/dev/null
}

have_wrk() {
  command -v wrk >/dev/null
}

have_patroni() {
  command -v patroni >/dev/null
}

have_etcd() {
  command -v etcd >/dev/null
}

# Debian installs HAProxy and PgBouncer in a folder that is not in every account's PATH.
have_haproxy() {
  PATH=$PATH:/usr/sbin command -v haproxy >/dev/null
}

have_pgbouncer() {
  PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null
}

# What PgBouncer is built with, and the tool that unpacks its source.
have_libevent() {
  command -v make >/dev/null && command -v dpkg-source >/dev/null && pkg-config --exists libevent openssl
}

# Prometheus, whose package has promtool, too.
have_prometheus() {
  command -v prometheus >/dev/null && command -v promtool >/dev/null
}

have_node() {
  command -v npm >/dev/null &&
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' >/dev/null 2>&1
}

have_chromium() {
  find_chromium >/dev/null
}

have_zsh() {
  command -v zsh >/dev/null
}

have_shellcheck() {
  command -v shellcheck >/dev/null
}

# Prints the directory of PostgreSQL's programs. Searches the directories that the server searches.
find_postgres_bin() {
  local folder version
  # A link to initdb may stand alone: pg_dump and psql are beside the program itself.
  for folder in "${PG_BIN_DIR:-}" \
    "$(dirname "$(readlink -f "$(command -v initdb || echo /none/initdb)")")" \
    "$(pg_config --bindir 2>/dev/null || true)"; do
    is_postgres_bin "$folder" && return
  done
  for version in 18 17 16 15 14; do
    for folder in "/usr/lib/postgresql/$version/bin" \
      "/opt/homebrew/opt/postgresql@$version/bin" \
      "/usr/local/opt/postgresql@$version/bin" \
      "/usr/pgsql-$version/bin"; do
      is_postgres_bin "$folder" && return
    done
  done
  return 1
}

is_postgres_bin() {
  [ -n "$1" ] && [ -x "$1/initdb" ] && [ -x "$1/postgres" ] && echo "$1"
}

# Prints the path of a Chromium or Chrome.
find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome ||
    ls "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" 2>/dev/null ||
    ls "/Applications/Chromium.app/Contents/MacOS/Chromium" 2>/dev/null
}

# Fails if the Rust toolchain is missing or too old. It is the only tool that is not installed.
ensure_rust() {
  local manifest wanted found
  manifest=$(dirname "$install_sh")/../../Cargo.toml
  PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$manifest")
  command -v cargo >/dev/null ||
    fail "Rust $wanted or newer is missing: https://www.rust-lang.org/tools/install"
  found=$(rustc --version | cut -d ' ' -f 2)
  [ "$(minor_version "$found")" -ge "$(minor_version "$wanted")" ] ||
    fail "Rust $found is too old, $wanted is needed: run 'rustup update stable'"
}

minor_version() {
  echo "$1" | cut -d . -f 2
}

# rustfmt and clippy, which rustup's minimal profile leaves out.
ensure_rust_checkers() {
  if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then
    return
  fi
  command -v rustup >/dev/null || fail "cargo fmt or cargo clippy is missing: install both"
  quiet_in_a_pipe rustup component add rustfmt clippy
}

package_manager() {
  if [ "$(uname)" = Darwin ] && command -v brew >/dev/null; then
    echo brew
  elif command -v apt-get >/dev/null; then
    echo apt
  fi
}

packages_of() {
  case $(package_manager):$1 in
    apt:c_compiler) echo gcc libc6-dev ;;
    apt:postgres) echo postgresql ;;
    brew:postgres) echo postgresql@18 ;;
    apt:python_venv) echo python3 python3-venv ;;
    brew:python_venv) echo python ;;
    apt:python) echo python3 ;;
    brew:python) echo python ;;
    apt:node) echo nodejs npm ;;
    brew:node) echo node ;;
    # On Ubuntu the package is called chromium-browser and installs a snap.
    apt:chromium) apt-cache show chromium >/dev/null 2>&1 && echo chromium || echo chromium-browser ;;
    brew:chromium) echo google-chrome ;;
    *:shellcheck | *:openssl | *:wrk | *:zsh) echo "$1" ;;
    apt:etcd) echo etcd-server ;;
    apt:libevent) echo libevent-dev libssl-dev pkg-config make dpkg-dev ;;
    apt:patroni | apt:haproxy | apt:pgbouncer | *:prometheus) echo "$1" ;;
    brew:c_compiler) fail "no C compiler: run 'xcode-select --install'" ;;
    *) fail "no package is known for $1" ;;
  esac
}

install_missing_as_root() {
  local answer command="sudo bash $install_sh $*"
  if ! command -v sudo >/dev/null; then
    fail "missing: $*. Run this once as root: bash $install_sh $*"
  elif [ -t 0 ] && [ -t 2 ]; then
    printf 'Missing: %s. Run this? %s [Y/n] ' "$*" "$command" >&2
    read -r answer
    case $answer in
      "" | [Yy]*) sudo bash "$install_sh" "$@" ;;
      *) fail "not installed. Run this, then try again: $command" ;;
    esac
  elif sudo -n true 2>/dev/null; then
    sudo -n bash "$install_sh" "$@"
  else
    fail "missing: $*. Run this once: $command"
  fi
}

install_missing() {
  local thing
  if [ "$(package_manager)" = apt ]; then
    quiet_in_a_pipe apt_get update
  fi
  for thing in "$@"; do
    # The list of packages must be split.
    # shellcheck disable=SC2046
    install_packages "$thing" $(packages_of "$thing")
    "have_$thing" || fail "$thing is still missing after installing $(packages_of "$thing")"
  done
}

install_packages() {
  local thing=$1
  shift
  [ $# -gt 0 ] || exit 1
  echo "Installing $*" >&2
  case $(package_manager):$thing in
    apt:postgres)
      prevent_main_cluster
      quiet_in_a_pipe apt_get install "$@"
      ;;
    apt:patroni | apt:etcd | apt:haproxy | apt:pgbouncer | apt:prometheus) install_without_service "$@" ;;
    apt:*) quiet_in_a_pipe apt_get install "$@" ;;
    brew:chromium) quiet_in_a_pipe brew install --cask "$@" ;;
    brew:*) quiet_in_a_pipe brew install "$@" ;;
  esac
}

# Debian's package postgresql creates and starts a cluster on port 5432. This setting of
# postgresql-common prevents it.
prevent_main_cluster() {
  local conf=/etc/postgresql-common
  quiet_in_a_pipe apt_get install postgresql-common
  if grep -q '^include_dir' $conf/createcluster.conf; then
    mkdir -p $conf/createcluster.d
    echo 'create_main_cluster = false' >$conf/createcluster.d/no-main-cluster.conf
  else
    echo 'create_main_cluster = false' >>$conf/createcluster.conf
  fi
}

# Installs a package whose service neither starts now nor with the machine: what uses the program starts it. Debian asks
# this policy before it starts a service; an existing one is that of a container, and starts none.
install_without_service() {
  local policy=/usr/sbin/policy-rc.d service=${1%-server}
  if [ -e $policy ]; then
    quiet_in_a_pipe apt_get install "$@"
  else
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    # A subshell, because a failed installation ends the script.
    (quiet_in_a_pipe apt_get install "$@") || service=""
    rm -f $policy
    [ -n "$service" ] || exit 1
  fi
  if command -v systemctl >/dev/null; then
    quiet_in_a_pipe systemctl --quiet disable "$service"
  fi
}

# Waits up to 300 s while another apt-get runs, such as the upgrade of a new machine.
apt_get() {
  local command=$1
  shift
  DEBIAN_FRONTEND=noninteractive apt-get "$command" --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Runs a command and shows its output: always on a terminal, else only if the command fails.
quiet_in_a_pipe() {
  local log
  if [ -t 2 ]; then
    "$@" >&2
    return
  fi
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "failed: $*"
  fi
  rm -f "$log"
}

fail() {
  echo "$0: $*" >&2
  exit 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  ensure "$@"
fi
