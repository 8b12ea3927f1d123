# shellcheck shell=bash
# Finds a built program. For scripts that source this file.

# find_program ROOT: prints the newest program that this checkout has built, of any profile, else that in PATH. Fails
# if there is none.
find_program() {
  local program newest=""
  for program in "${CARGO_TARGET_DIR:-$1/target}"/*/cruddur; do
    if [ -f "$program" ] && [ -x "$program" ] && { [ -z "$newest" ] || [ "$program" -nt "$newest" ]; }; then
      newest=$program
    fi
  done
  if [ -n "$newest" ]; then
    echo "$newest"
  else
    command -v cruddur
  fi
}
