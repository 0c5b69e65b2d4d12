#!/usr/bin/env bash
# Countersign's C library below sspilib, the Python package over the C functions
# of SSPI: sspilib's own tests, and handshakes with other implementations.
#
#   sspilib.sh start|check|env|stop DIR
#
# The library is built and installed below DIR. sspilib is there twice: built
# from its source distribution against the library, in $LAB_VENV2, and as it is
# shipped, with another library inside, in $LAB_VENV: there ours is preloaded.
#
# Started, it answers in the wire format of labpeer.py on
#   $PORT_SSPILIB             no channel bindings
#   $PORT_SSPILIB_CBT         wants tls-server-end-point bindings over the hash $LAB_CBT
#   $PORT_SSPILIB_COMPAT      lets clients in that send no MIC
#   $PORT_SSPILIB_PRELOADED   the shipped package with our library preloaded
# and its clients are: LABPEER_PASSWORD=... $LABPEER_SSPILIB (or $LABPEER_PRELOADED) connect --backend sspilib ...
# When the variables of pyspnego.sh and gss-ntlmssp.sh are set, check also
# crosses them with it.
#
# What sspilib's tests are not expected to pass, and why, is in sspilib-expected.txt.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=_lib.sh
. "$(dirname "$(readlink -f "$0")")/_lib.sh"
lab_args "$@"
LAB_VENV2=${LAB_VENV2:-/tmp/countersign-lab-sspilib-venv}
SSPILIB='sspilib>=0.6,<0.7'

library() { # builds and installs the library below $PREFIX
  local log=$DIR/log/install.log
  (cd "$LAB_HERE/../.." && cargo run --quiet --package xtask -- install --prefix "$PREFIX") >"$log" 2>&1 || {
    lab_tail "$log"
    lab_die "the library does not build (log $log)"
  }
}

package() { # builds sspilib against the library, with its tests in $LAB_VENV2/sources
  local log=${LAB_VENV2}.log
  (
    flock 9
    [ ! -e "$LAB_VENV2/built" ] || exit 0
    rm -rf "$LAB_VENV2"
    {
      python3 -m venv "$LAB_VENV2" &&
        "$LAB_VENV2/bin/pip" install -q --disable-pip-version-check pytest &&
        SSPI_SKIP_EXTENSIONS=true "$LAB_VENV2/bin/pip" download -q --disable-pip-version-check --no-deps \
          --no-binary sspilib -d "$LAB_VENV2/download" "$SSPILIB" &&
        mkdir "$LAB_VENV2/sources" &&
        tar -xf "$LAB_VENV2"/download/sspilib-*.tar.gz -C "$LAB_VENV2/sources" --strip-components=1 &&
        # The build looks at the library's symbols too.
        LIBRARY_PATH=$PREFIX/lib LD_LIBRARY_PATH=$PREFIX/lib "$LAB_VENV2/bin/pip" install -q \
          --disable-pip-version-check --no-cache-dir --no-deps "$LAB_VENV2/sources" &&
        touch "$LAB_VENV2/built"
    } >"$log" 2>&1
  ) 9>"${LAB_VENV2}.lock" || {
    lab_tail "$log"
    lab_die "sspilib does not build (log $log)"
  }
}

configuration() { # NAME ACCOUNTS USER PASSWORD : conf/NAME.toml with accounts and default credentials
  (
    umask 077
    printf '%s\n' "$4" >"$DIR/conf/$1.password"
    cat >"$DIR/conf/$1.toml" <<TOML
[accounts]
passwords = "$2"
[credentials]
user = '$3'
password_file = "$1.password"
[machine]
name = "LABSERVER"
domain = "$LAB_DOMAIN"
dns_name = "labserver.lab.example"
dns_domain = "lab.example"
member = true
TOML
  )
}

case $LAB_CMD in
  start)
    lab_apt gcc python3-dev python3-venv libicu-dev
    PREFIX=$DIR/data/prefix
    library
    package
    lab_pip "$SSPILIB"
    lab_accounts
    configuration lab accounts "$LAB_DOMAIN\\$LAB_USER" "$LAB_PASS"
    # The one account that sspilib's tests know.
    (umask 077 && echo ':user:pass' >"$DIR/conf/tests.accounts")
    configuration tests tests.accounts user pass
    SSPILIB_TESTS="env LD_LIBRARY_PATH=$PREFIX/lib COUNTERSIGN_CONFIG=$DIR/conf/tests.toml $LAB_VENV2/bin/python \
$LAB_HERE/sspilib_tests.py $LAB_VENV2/sources $LAB_HERE/sspilib-expected.txt"
    LABPEER_SSPILIB="env LD_LIBRARY_PATH=$PREFIX/lib COUNTERSIGN_CONFIG=$DIR/conf/lab.toml $LAB_VENV2/bin/python \
$LAB_HERE/labpeer.py"
    LABPEER_PRELOADED="env LD_PRELOAD=$PREFIX/lib/libcountersign.so.0 COUNTERSIGN_CONFIG=$DIR/conf/lab.toml \
$LAB_VENV/bin/python $LAB_HERE/labpeer.py"
    # shellcheck disable=SC2086
    {
      lab_background plain $LABPEER_SSPILIB serve --backend sspilib
      lab_background bound $LABPEER_SSPILIB serve --backend sspilib --cbt "$LAB_CBT"
      lab_background compat env COUNTERSIGN_POLICY=compat $LABPEER_SSPILIB serve --backend sspilib
      lab_background preloaded $LABPEER_PRELOADED serve --backend sspilib
    }
    lab_listening PORT_SSPILIB plain
    lab_listening PORT_SSPILIB_CBT bound
    lab_listening PORT_SSPILIB_COMPAT compat
    lab_listening PORT_SSPILIB_PRELOADED preloaded
    # shellcheck disable=SC2086
    lab_write_env $LAB_ACCOUNTS LAB_CBT LAB_CBT_OTHER SSPILIB_TESTS LABPEER_SSPILIB LABPEER_PRELOADED \
      PORT_SSPILIB PORT_SSPILIB_CBT PORT_SSPILIB_COMPAT PORT_SSPILIB_PRELOADED
    ;;
  stop) lab_stop plain bound compat preloaded ;;
  env) lab_print_env ;;
  check)
    lab_read_env
    for way in linux windows; do
      # shellcheck disable=SC2086
      $SSPILIB_TESTS "$way" 2>"$DIR/log/tests-$way.log" || LAB_RC=1
    done
    t() { # PEER NAME PASSWORD ARGUMENT... : PEER is a command
      local peer=$1 name=$2 password=$3
      shift 3
      # shellcheck disable=SC2086
      lab_try "$name" env LABPEER_PASSWORD="$password" $peer connect --domain "$LAB_DOMAIN" "$@"
    }
    ours() { t "$LABPEER_SSPILIB" "$1" "$2" --backend sspilib "${@:3}"; }
    preloaded() { t "$LABPEER_PRELOADED" "$1" "$2" --backend sspilib "${@:3}"; }
    alice=(--user "$LAB_USER")
    utf8=(--user "$LAB_USER_UTF8")
    plain=(--port "$PORT_SSPILIB")
    bound=(--port "$PORT_SSPILIB_CBT")
    compat=(--port "$PORT_SSPILIB_COMPAT")
    shipped=(--port "$PORT_SSPILIB_PRELOADED")
    many=(--messages 'W:7,M:6,W:2')
    denied=(--expect-fail SEC_E_LOGON_DENIED)
    n="sspilib -> sspilib:"
    ours "$n sealed and signed messages" "$LAB_PASS" "${plain[@]}" "${alice[@]}" "${many[@]}"
    ours "$n the configured credentials" "" "${plain[@]}" --messages WM
    ours "$n wrong password refused" nope "${plain[@]}" "${alice[@]}" "${denied[@]}"
    ours "$n matching bindings" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
    ours "$n other bindings refused" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT_OTHER" --expect-fail SEC_E_BAD_BINDINGS
    n="sspilib as shipped, preloaded:"
    preloaded "$n sealed and signed messages" "$LAB_PASS" "${shipped[@]}" "${alice[@]}" "${many[@]}"
    preloaded "$n wrong password refused" nope "${shipped[@]}" "${alice[@]}" "${denied[@]}"
    preloaded "$n to sspilib built against the library" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --messages WM
    if [ -n "${PORT_PYSPNEGO:-}" ]; then
      n="sspilib -> pyspnego:"
      ours "$n sealed and signed messages" "$LAB_PASS" --port "$PORT_PYSPNEGO" "${alice[@]}" --target HTTP@localhost "${many[@]}"
      ours "$n signing only" "$LAB_PASS" --port "$PORT_PYSPNEGO" "${alice[@]}" --no-conf --messages M:6
      ours "$n non-ASCII account" "$LAB_PASS_UTF8" --port "$PORT_PYSPNEGO" "${utf8[@]}" --messages WM
      ours "$n matching bindings" "$LAB_PASS" --port "$PORT_PYSPNEGO_CBT" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
      ours "$n other bindings refused" "$LAB_PASS" --port "$PORT_PYSPNEGO_CBT" "${alice[@]}" --cbt "$LAB_CBT_OTHER" \
        --expect-fail 'bindings do not match'
      ours "$n wrong password refused" nope --port "$PORT_PYSPNEGO" "${alice[@]}" --expect-fail 'Invalid NTLM response'
      preloaded "$n as shipped, preloaded" "$LAB_PASS" --port "$PORT_PYSPNEGO" "${alice[@]}" "${many[@]}"
      n="pyspnego -> sspilib:"
      t "$LABPEER" "$n sealed and signed messages" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --target HTTP@localhost "${many[@]}"
      t "$LABPEER" "$n signing only" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --no-conf --messages M:6
      t "$LABPEER" "$n non-ASCII account" "$LAB_PASS_UTF8" "${plain[@]}" "${utf8[@]}" --messages WM
      t "$LABPEER" "$n matching bindings" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
      t "$LABPEER" "$n missing bindings refused" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --expect-fail SEC_E_BAD_BINDINGS
      t "$LABPEER" "$n wrong password refused" nope "${plain[@]}" "${alice[@]}" "${denied[@]}"
      t "$LABPEER" "$n unknown account refused" "$LAB_PASS" "${plain[@]}" --user nobody "${denied[@]}"
      t "$LABPEER" "$n NTLMv1 refused" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --ntlmv1 "${denied[@]}"
      t "$LABPEER" "$n as shipped, preloaded" "$LAB_PASS" "${shipped[@]}" "${alice[@]}" "${many[@]}"
    else
      echo "note sspilib with pyspnego is not checked: pyspnego.sh is not started"
    fi
    if [ -n "${PORT_GSS_NTLMSSP:-}" ]; then
      many+=(--no-empty)
      n="sspilib -> gss-ntlmssp:"
      gss=(--port "$PORT_GSS_NTLMSSP")
      ours "$n sealed and signed messages" "$LAB_PASS" "${gss[@]}" "${alice[@]}" --target HTTP@localhost "${many[@]}"
      ours "$n signing only" "$LAB_PASS" "${gss[@]}" "${alice[@]}" --no-conf --messages M
      ours "$n non-ASCII account" "$LAB_PASS_UTF8" "${gss[@]}" "${utf8[@]}" --messages WM
      ours "$n matching bindings" "$LAB_PASS" --port "$PORT_GSS_NTLMSSP_CBT" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
      ours "$n other bindings refused" "$LAB_PASS" --port "$PORT_GSS_NTLMSSP_CBT" "${alice[@]}" --cbt "$LAB_CBT_OTHER" \
        --expect-fail 'Invalid token'
      ours "$n wrong password refused" nope "${gss[@]}" "${alice[@]}" --expect-fail 'Invalid argument'
      n="gss-ntlmssp -> sspilib:"
      gss=(--backend gssapi)
      t "$LABPEER" "$n sealed and signed messages" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --mic "${many[@]}"
      t "$LABPEER" "$n refused without a MIC" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --expect-fail SEC_E_SECURITY_QOS_FAILED
      t "$LABPEER" "$n without a MIC where policy allows it" "$LAB_PASS" "${gss[@]}" "${compat[@]}" "${alice[@]}" "${many[@]}"
      t "$LABPEER" "$n signing only" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --mic --no-conf --messages M
      t "$LABPEER" "$n non-ASCII account" "$LAB_PASS_UTF8" "${gss[@]}" "${plain[@]}" "${utf8[@]}" --mic --messages WM
      t "$LABPEER" "$n matching bindings" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --mic --cbt "$LAB_CBT" --messages WM
      t "$LABPEER" "$n missing bindings refused" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --mic --expect-fail SEC_E_BAD_BINDINGS
      t "$LABPEER" "$n wrong password refused" nope "${gss[@]}" "${plain[@]}" "${alice[@]}" --mic "${denied[@]}"
    else
      echo "note sspilib with gss-ntlmssp is not checked: gss-ntlmssp.sh is not started"
    fi
    exit "$LAB_RC"
    ;;
  *) lab_die "unknown command $LAB_CMD" ;;
esac
