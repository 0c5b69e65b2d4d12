#!/usr/bin/env bash
# pyspnego's pure-Python NTLM as client and server: handshakes, session keys,
# signing and sealing, channel bindings.
#
#   pyspnego.sh start|check|env|stop DIR
#
# Started, it answers in the wire format of labpeer.py on
#   $PORT_PYSPNEGO       no channel bindings, NTLMv1 and NTLMv2
#   $PORT_PYSPNEGO_CBT   wants tls-server-end-point bindings over the hash $LAB_CBT
#   $PORT_PYSPNEGO_V2    refuses NTLMv1
# and its client is: LABPEER_PASSWORD=... $LABPEER connect --port P --user U --domain D ...
# When ntlm-auth.sh's variables are set, check also crosses the two.
#
# pyspnego finds the MIC of an AUTHENTICATE by the lowest offset of its six
# fields (88 and more: at 72; 80 to 87: at 64; less: it checks none), builds the
# NTLMv2 response anew from what it parsed (so four zero bytes must follow the
# pairs, and no pair may come twice), and takes all-zero bindings for matching.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=_lib.sh
. "$(dirname "$(readlink -f "$0")")/_lib.sh"
lab_args "$@"

case $LAB_CMD in
  start)
    lab_pip 'pyspnego>=0.12.4,<0.13'
    lab_accounts
    LABPEER="$LAB_VENV/bin/python $LAB_HERE/labpeer.py"
    # shellcheck disable=SC2086
    {
      lab_background plain $LABPEER serve
      lab_background bound $LABPEER serve --cbt "$LAB_CBT"
      lab_background v2 $LABPEER serve --require-ntlmv2
    }
    lab_listening PORT_PYSPNEGO plain
    lab_listening PORT_PYSPNEGO_CBT bound
    lab_listening PORT_PYSPNEGO_V2 v2
    # shellcheck disable=SC2086
    lab_write_env $LAB_ACCOUNTS LABPEER LAB_CBT LAB_CBT_OTHER NTLM_USER_FILE \
      PORT_PYSPNEGO PORT_PYSPNEGO_CBT PORT_PYSPNEGO_V2
    ;;
  stop) lab_stop plain bound v2 ;;
  env) lab_print_env ;;
  check)
    lab_read_env
    t() { # NAME PASSWORD ARGUMENT...
      local name=$1 password=$2
      shift 2
      # shellcheck disable=SC2086
      lab_try "$name" env LABPEER_PASSWORD="$password" $LABPEER connect --domain "$LAB_DOMAIN" "$@"
    }
    alice=(--user "$LAB_USER")
    utf8=(--user "$LAB_USER_UTF8")
    plain=(--port "$PORT_PYSPNEGO")
    bound=(--port "$PORT_PYSPNEGO_CBT")
    v2=(--port "$PORT_PYSPNEGO_V2")
    n="pyspnego -> pyspnego:"
    t "$n sealed, wrapped and signed messages" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --messages W:10,I:6,M:6
    t "$n signing only" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --no-conf --messages IM
    t "$n another account, a target name" "$LAB_PASS2" "${plain[@]}" --user "$LAB_USER2" --target HTTP@localhost --messages WM
    t "$n non-ASCII account" "$LAB_PASS_UTF8" "${plain[@]}" "${utf8[@]}" --messages WM
    t "$n wrong password refused" nope "${plain[@]}" "${alice[@]}" --expect-fail 'Invalid NTLM response'
    t "$n unknown account refused" "$LAB_PASS" "${plain[@]}" --user nobody --expect-fail 'matching credential'
    t "$n matching bindings" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages WM
    t "$n bindings nobody asked for" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --cbt "$LAB_CBT" --messages W
    t "$n other bindings refused" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --cbt "$LAB_CBT_OTHER" \
      --expect-fail 'bindings do not match'
    t "$n missing bindings refused" "$LAB_PASS" "${bound[@]}" "${alice[@]}" --expect-fail 'not present in initiator response'
    t "$n NTLMv1 accepted" "$LAB_PASS" "${plain[@]}" "${alice[@]}" --ntlmv1 --messages WM
    t "$n NTLMv1 refused" "$LAB_PASS" "${v2[@]}" "${alice[@]}" --ntlmv1 --expect-fail 'reject NTv1'
    t "$n NTLMv2 where NTLMv1 is refused" "$LAB_PASS" "${v2[@]}" "${alice[@]}" --messages WM
    if [ -n "${PORT_NTLM_AUTH:-}" ]; then
      n="ntlm_auth -> pyspnego:"
      samba=(--backend ntlm_auth)
      t "$n NTLMv1, same session key" "$LAB_PASS" "${samba[@]}" "${plain[@]}" "${alice[@]}" --ntlmv1
      t "$n NTLMv1, wrong password refused" nope "${samba[@]}" "${plain[@]}" "${alice[@]}" --ntlmv1 \
        --expect-fail 'Invalid NTLM response'
      # Samba's NTLMv2 response ends with its last pair; pyspnego computes the
      # proof over a copy it makes, and that ends with four more zero bytes.
      t "$n NTLMv2 does not work between these two" "$LAB_PASS" "${samba[@]}" "${plain[@]}" "${alice[@]}" \
        --expect-fail 'Invalid NTLM response'
      n="pyspnego -> ntlm_auth:"
      t "$n same session key" "$LAB_PASS" --port "$PORT_NTLM_AUTH" "${alice[@]}"
      t "$n signing only" "$LAB_PASS" --port "$PORT_NTLM_AUTH" "${alice[@]}" --no-conf
      t "$n NTLMv1, same session key" "$LAB_PASS" --port "$PORT_NTLM_AUTH" "${alice[@]}" --ntlmv1
      t "$n non-ASCII account" "$LAB_PASS_UTF8" --port "$PORT_NTLM_AUTH_UTF8" "${utf8[@]}"
      t "$n wrong password refused" nope --port "$PORT_NTLM_AUTH" "${alice[@]}" --expect-fail NT_STATUS_LOGON_FAILURE
    else
      echo "note pyspnego with ntlm_auth is not checked: ntlm-auth.sh is not started"
    fi
    exit "$LAB_RC"
    ;;
  *) lab_die "unknown command $LAB_CMD" ;;
esac
