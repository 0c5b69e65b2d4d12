#!/usr/bin/env bash
# gss-ntlmssp, the NTLM mechanism of MIT's GSS-API, as client and server:
# handshakes, session keys, signing and sealing, channel bindings.
#
#   gss-ntlmssp.sh start|check|env|stop DIR
#
# Started, it answers in the wire format of labpeer.py on
#   $PORT_GSS_NTLMSSP       no channel bindings
#   $PORT_GSS_NTLMSSP_CBT   tls-server-end-point bindings over the hash $LAB_CBT
# and its client is: LABPEER_PASSWORD=... $LABPEER connect --backend gssapi --port P --user U --domain D ...
# $GSS_DATAGRAM runs one connectionless context of it, see gss_datagram.c.
# When pyspnego.sh's variables are set, check also crosses the two.
#
# A wrapped message is the 16 bytes of the NTLM signature and then the data,
# sealed also where only integrity was asked for. Empty messages are neither
# wrapped nor signed. The server refuses NTLMv1, other bindings than its own,
# but not missing ones, and grants neither replay nor sequence detection. The
# client copies the target information into its response, adds flags (0, or 2
# with a MIC), target name and bindings, and sends a MIC only when somebody asked
# like a SPNEGO that can live with one (labpeer.py --mic).
#
# Its connectionless contexts have the same tokens, keys, MIC and signatures as
# ours, but they seal otherwise: the data with the stream that the message
# before left, so that it opens in one order only, and the signature as if the
# message were not sealed. They can not sign before they are established.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=_lib.sh
. "$(dirname "$(readlink -f "$0")")/_lib.sh"
lab_args "$@"

case $LAB_CMD in
  start)
    # The Python package is built from source where there is no binary one.
    lab_apt gss-ntlmssp libkrb5-dev gcc python3-dev
    lab_pip 'gssapi>=1.9,<2'
    lab_accounts
    LABPEER="$LAB_VENV/bin/python $LAB_HERE/labpeer.py"
    # shellcheck disable=SC2086
    {
      lab_background plain $LABPEER serve --backend gssapi
      lab_background bound $LABPEER serve --backend gssapi --cbt "$LAB_CBT"
    }
    module=$(dpkg -L gss-ntlmssp | grep '/gssntlmssp\.so$') || lab_die "gss-ntlmssp has no module"
    gcc -std=gnu11 -Wall -Wextra -Werror -O1 -o "$DIR/run/gss_datagram" "$LAB_HERE/gss_datagram.c" -ldl -lgssapi_krb5
    # shellcheck disable=SC2034 # lab_write_env reads it by its name
    GSS_DATAGRAM="$DIR/run/gss_datagram $module"
    lab_listening PORT_GSS_NTLMSSP plain
    lab_listening PORT_GSS_NTLMSSP_CBT bound
    # shellcheck disable=SC2086
    lab_write_env $LAB_ACCOUNTS LABPEER LAB_CBT LAB_CBT_OTHER NTLM_USER_FILE GSS_DATAGRAM \
      PORT_GSS_NTLMSSP PORT_GSS_NTLMSSP_CBT
    ;;
  stop) lab_stop plain bound ;;
  env) lab_print_env ;;
  check)
    lab_read_env
    t() { # NAME PASSWORD ARGUMENT...
      local name=$1 password=$2
      shift 2
      # shellcheck disable=SC2086
      lab_try "$name" env LABPEER_PASSWORD="$password" $LABPEER connect --domain "$LAB_DOMAIN" --no-empty "$@"
    }
    alice=(--user "$LAB_USER")
    utf8=(--user "$LAB_USER_UTF8")
    plain=(--port "$PORT_GSS_NTLMSSP")
    bound=(--port "$PORT_GSS_NTLMSSP_CBT")
    gss=(--backend gssapi)
    many=(--messages 'W:7,I:6,M:6,W:2')
    n="gss-ntlmssp -> gss-ntlmssp:"
    t "$n sealed, wrapped and signed messages" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" "${many[@]}"
    t "$n with a MIC, a target name" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --mic --target HTTP@localhost --messages WM
    t "$n signing only" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --no-conf --messages M
    t "$n another account" "$LAB_PASS2" "${gss[@]}" "${plain[@]}" --user "$LAB_USER2" --messages WM
    t "$n non-ASCII account" "$LAB_PASS_UTF8" "${gss[@]}" "${plain[@]}" "${utf8[@]}" --messages WM
    t "$n wrong password refused" nope "${gss[@]}" "${plain[@]}" "${alice[@]}" --expect-fail 'Invalid argument'
    t "$n unknown account refused" "$LAB_PASS" "${gss[@]}" "${plain[@]}" --user nobody --expect-fail 'Permission denied'
    t "$n NTLMv1 refused" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --ntlmv1 --expect-fail 'NTLM version 1 not allowed'
    t "$n matching bindings" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
    t "$n other bindings refused" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT_OTHER" \
      --expect-fail 'Invalid token'
    t "$n missing bindings let in" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --messages W
    if [ -n "${PORT_PYSPNEGO:-}" ]; then
      n="pyspnego -> gss-ntlmssp:"
      t "$n sealed, wrapped and signed messages" "$LAB_PASS" "${plain[@]}" "${alice[@]}" "${many[@]}"
      t "$n signing only" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --no-conf --messages M
      t "$n non-ASCII account" "$LAB_PASS_UTF8" "${plain[@]}" "${utf8[@]}" --messages WM
      t "$n matching bindings" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
      t "$n other bindings refused" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT_OTHER" --expect-fail 'Invalid token'
      t "$n wrong password refused" nope "${plain[@]}" "${alice[@]}" --expect-fail 'Invalid argument'
      t "$n NTLMv1 refused" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --ntlmv1 --expect-fail 'NTLM version 1 not allowed'
      n="gss-ntlmssp -> pyspnego:"
      plain=(--port "$PORT_PYSPNEGO")
      bound=(--port "$PORT_PYSPNEGO_CBT")
      t "$n sealed, wrapped and signed messages" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" "${many[@]}"
      t "$n with a MIC" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --mic --messages WM
      t "$n signing only" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --no-conf --messages M
      t "$n non-ASCII account" "$LAB_PASS_UTF8" "${gss[@]}" "${plain[@]}" "${utf8[@]}" --messages WM
      t "$n matching bindings" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
      t "$n other bindings refused" "$LAB_PASS" "${gss[@]}" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT_OTHER" \
        --expect-fail 'bindings do not match'
      t "$n wrong password refused" nope "${gss[@]}" "${plain[@]}" "${alice[@]}" --expect-fail 'Invalid NTLM response'
      t "$n NTLMv1 accepted" "$LAB_PASS" "${gss[@]}" "${plain[@]}" "${alice[@]}" --ntlmv1 --messages WM
    else
      echo "note gss-ntlmssp with pyspnego is not checked: pyspnego.sh is not started"
    fi
    exit "$LAB_RC"
    ;;
  *) lab_die "unknown command $LAB_CMD" ;;
esac
