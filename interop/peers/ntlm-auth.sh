#!/usr/bin/env bash
# Samba's ntlm_auth as NTLM client and server, without a domain and without
# winbindd: handshakes and session keys, no message protection.
#
#   ntlm-auth.sh start|check|env|stop DIR
#
# Started, it answers on $PORT_NTLM_AUTH (the password of alice) and on
# $PORT_NTLM_AUTH_UTF8 (that of jürgen) in the wire format of labpeer.py. Its
# server knows one password and lets any name pass that answers with it. Who
# would rather talk to the program itself appends --username=, --domain= (and, for the
# server, --password=) to a command of `env` and exchanges lines with it:
#   $NTLM_AUTH_CLIENT   PW <base64> -> OK; YR -> YR <negotiate>; TT <challenge> -> AF <authenticate>
#   $NTLM_AUTH_SERVER   YR <negotiate> -> TT <challenge>; KK <authenticate> -> AF DOMAIN\user | NA reason
# both: SF NTLMSSP_FEATURE_SESSION_KEY ... -> OK first; GK -> session key, GF -> flags at the end.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=_lib.sh
. "$(dirname "$(readlink -f "$0")")/_lib.sh"
lab_args "$@"

serve() { # NAME USER PASSWORD
  LABPEER_PASSWORD=$3 lab_background "$1" python3 "$LAB_HERE/labpeer.py" serve --backend ntlm_auth --no-conf \
    --user "$2" --domain "$LAB_DOMAIN"
}

case $LAB_CMD in
  start)
    lab_apt winbind samba-common-bin python3
    for level in yes no; do
      cat >"$DIR/conf/smb-v2-$level.conf" <<CONF
[global]
  workgroup = $LAB_DOMAIN
  netbios name = LABHOST
  server role = standalone server
  private dir = $DIR/data
  lock directory = $DIR/data
  state directory = $DIR/data
  cache directory = $DIR/data
  pid directory = $DIR/run
  ntlm auth = ntlmv1-permitted
  client ntlmv2 auth = $level
CONF
    done
    run="ntlm_auth --configfile=$DIR/conf/smb-v2-yes.conf"
    export NTLM_AUTH_CLIENT="$run --helper-protocol=ntlmssp-client-1"
    export NTLM_AUTH_CLIENT_V1="ntlm_auth --configfile=$DIR/conf/smb-v2-no.conf --helper-protocol=ntlmssp-client-1"
    export NTLM_AUTH_SERVER="$run --helper-protocol=squid-2.5-ntlmssp"
    serve alice "$LAB_USER" "$LAB_PASS"
    serve utf8 "$LAB_USER_UTF8" "$LAB_PASS_UTF8"
    lab_listening PORT_NTLM_AUTH alice
    lab_listening PORT_NTLM_AUTH_UTF8 utf8
    # shellcheck disable=SC2086
    lab_write_env $LAB_ACCOUNTS NTLM_AUTH_CLIENT NTLM_AUTH_CLIENT_V1 NTLM_AUTH_SERVER \
      PORT_NTLM_AUTH PORT_NTLM_AUTH_UTF8
    ;;
  stop) lab_stop alice utf8 ;;
  env) lab_print_env ;;
  check)
    lab_read_env
    t() { # NAME PASSWORD ARGUMENT...
      local name=$1 password=$2
      shift 2
      lab_try "ntlm_auth -> ntlm_auth: $name" env LABPEER_PASSWORD="$password" \
        python3 "$LAB_HERE/labpeer.py" connect --backend ntlm_auth --domain "$LAB_DOMAIN" "$@"
    }
    alice=(--port "$PORT_NTLM_AUTH" --user "$LAB_USER")
    t "NTLMv2, same session key" "$LAB_PASS" "${alice[@]}"
    t "NTLMv2 with a target name" "$LAB_PASS" "${alice[@]}" --target http@localhost
    t "NTLMv2, signing only" "$LAB_PASS" "${alice[@]}" --no-conf
    t "NTLMv2, non-ASCII account" "$LAB_PASS_UTF8" --port "$PORT_NTLM_AUTH_UTF8" --user "$LAB_USER_UTF8"
    t "NTLMv1 with extended session security" "$LAB_PASS" "${alice[@]}" --ntlmv1
    t "wrong password refused" nope "${alice[@]}" --expect-fail NT_STATUS_LOGON_FAILURE
    exit "$LAB_RC"
    ;;
  *) lab_die "unknown command $LAB_CMD" ;;
esac
