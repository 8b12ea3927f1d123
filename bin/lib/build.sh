# shellcheck shell=bash
# Builds the program and says how far the build is. For scripts that source this file; bash 3.2 suffices.

# build_program ROOT PROFILE [OPTION...]: builds the program `cruddur`, with these options of cargo. While crates are
# compiled, shows how many of them are built and about how long the others take: in one line of a terminal, in a pipe every
# 30 seconds.
build_program() {
  local root=$1 profile=$2 events crates pid status=0 started=$SECONDS shown=$SECONDS
  shift 2
  events=$(mktemp)
  crates=$(crates_to_build "$root" "$@")
  cargo build --quiet --locked --message-format json-render-diagnostics --manifest-path "$root/Cargo.toml" \
    --profile "$profile" --bin cruddur "$@" >"$events" &
  pid=$!
  # A shell without job control lets its background jobs ignore Ctrl-C.
  trap 'kill $pid 2>/dev/null; rm -f "$events"; exit 130' INT TERM
  while kill -0 $pid 2>/dev/null; do
    sleep 1
    if [ -t 2 ]; then
      printf '\r%s\033[K' "$(build_progress "$events" "$crates" $((SECONDS - started)))" >&2
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      shown=$SECONDS
      build_progress "$events" "$crates" $((SECONDS - started)) >&2
    fi
  done
  wait $pid || status=$?
  [ ! -t 2 ] || printf '\r\033[K' >&2
  trap - INT TERM
  rm -f "$events"
  return $status
}

# has_built TARGET CRATE: whether the crate is compiled in this target directory.
has_built() {
  compgen -G "$1/deps/lib${2//-/_}-*.rlib" >/dev/null
}

# How much longer than most crates some take, in awk: an SDK of AWS is a crate of up to a million lines.
crate_weight='
  function weight(name) {
    if (name == "aws-sdk-ec2") return 220
    if (name == "aws-sdk-rds") return 50
    if (name == "aws-sdk-cognitoidentityprovider" || name == "cruddur") return 40
    return 1
  }'

# crates_to_build ROOT [OPTION...]: the number of crates that the program consists of, with those that its build runs, and
# the sum of their weights.
crates_to_build() {
  local root=$1
  shift
  cargo tree --locked --manifest-path "$root/Cargo.toml" --package cruddur --edges normal,build --prefix none "$@" |
    sed 's/ (\*)$//' | sort -u | awk "$crate_weight"' { count++; sum += weight($1) } END { print count, sum }'
}

# build_progress EVENTS CRATES SECONDS: one line about a build that has run for so long; CRATES is what crates_to_build
# prints. Crates that were built before do not count for the estimate.
build_progress() {
  awk -v crates="$2" -v seconds="$3" "$crate_weight"'
    BEGIN {
      split(crates, sums, " ")
      total = sums[1]
      left = sums[2]
    }
    /"reason":"compiler-artifact"/ && match($0, /"package_id":"[^"]*"/) {
      crate = substr($0, RSTART + 14, RLENGTH - 15)
      if (crate in built) next
      built[crate] = 1
      count++
      sub(/@[^@]*$/, "", crate)
      sub(/.*#/, "", crate)
      left -= weight(crate)
      if ($0 !~ /"fresh":true/) compiled += weight(crate)
    }
    END {
      if (count > total) count = total
      printf "building: %d of %d crates", count, total
      if (compiled > 0 && count < total) {
        minutes = seconds * left / compiled / 60
        printf ", about %d min left", minutes < 1.5 ? 1 : minutes + 0.5
      }
      print ""
    }' "$1"
}
