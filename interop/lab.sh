#!/usr/bin/env bash
# The interoperability lab: real peers on loopback, first against each other
# (the control), then against Countersign.
#
#   lab.sh [PEER...]      PEER = ntlm-auth | pyspnego | gss-ntlmssp | sspilib | samba-ad; default: all
#
# sspilib is a caller of Countersign's C library: its checks need no control.
#
# Installs what it lacks (apt as root; Python packages into $LAB_VENV and
# $LAB_VENV2), starts the peers in a fresh directory, prints a line "ok   NAME" or "FAIL NAME: why"
# per check and "N passed, N failed" at the end, and stops what it started.
# Exit code 1 when anything failed; then the peers' logs are kept.
set -uo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
known="ntlm-auth pyspnego gss-ntlmssp sspilib samba-ad"
peers=("$@")
# shellcheck disable=SC2206
[ $# -gt 0 ] || peers=($known)
for peer in "${peers[@]}"; do
  case " $known " in
    *" $peer "*) ;;
    *)
      echo "lab.sh: no such peer: $peer (there are: $known)" >&2
      exit 2
      ;;
  esac
done

passed=0
failed=0
started=()
dir=$(mktemp -d /tmp/countersign-lab.XXXXXX)

finish() {
  local peer
  for peer in ${started[@]+"${started[@]}"}; do
    "$here/peers/$peer.sh" stop "$dir/$peer"
  done
  if [ "$failed" -gt 0 ]; then
    echo "note the peers' logs are in $dir"
  else
    rm -rf "$dir"
  fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a command, passes its lines on and counts them; a command that fails
# without a FAIL line of its own counts as one.
count() { # NAME COMMAND...
  local name=$1 out=$dir/out before=$failed rc line
  shift
  "$@" 2>&1 | tee "$out"
  rc=${PIPESTATUS[0]}
  while IFS= read -r line; do
    case $line in
      "ok "*) passed=$((passed + 1)) ;;
      "FAIL "*) failed=$((failed + 1)) ;;
    esac
  done <"$out"
  if [ "$rc" -ne 0 ] && [ "$failed" -eq "$before" ]; then
    failed=$((failed + 1))
    echo "FAIL $name: exit code $rc"
  fi
  return 0
}

for peer in "${peers[@]}"; do
  started+=("$peer")
  if "$here/peers/$peer.sh" start "$dir/$peer" && [ -s "$dir/$peer/env" ]; then
    set -a
    # shellcheck disable=SC1090
    . "$dir/$peer/env"
    set +a
    cat "$dir/$peer/env" >>"$dir/all"
  else
    failed=$((failed + 1))
    echo "FAIL $peer: does not start"
  fi
done
[ -s "$dir/all" ] || {
  echo "$passed passed, $failed failed"
  exit 1
}
sort -u "$dir/all" >"$dir/env"

for peer in "${peers[@]}"; do
  [ ! -s "$dir/$peer/env" ] || count "$peer" "$here/peers/$peer.sh" check "$dir/$peer"
done

before=$((passed + failed))
count countersign cargo run --release --quiet --manifest-path "$here/Cargo.toml" -- --env "$dir/env"
if [ $((passed + failed)) -eq "$before" ]; then
  failed=$((failed + 1))
  echo "FAIL countersign: its test program reported nothing"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
