#!/usr/bin/env bash
# Records exchanges between the peers as interop/fixtures/*.hex, which decode
# tests and fuzzers start from. Run as root, in a host name of its own:
#
#   unshare --uts bash -c 'hostname labhost && interop/record.sh'
#
# A fixture is lines of NAME VALUE: the account, the tokens in hex, the session
# key, and protected messages as "client-W DATA WIRE" (see peers/labpeer.py).
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
out=$here/fixtures
dir=$(mktemp -d /tmp/countersign-record.XXXXXX)
finish() {
  "$here/peers/ntlm-auth.sh" stop "$dir/ntlm-auth"
  "$here/peers/pyspnego.sh" stop "$dir/pyspnego"
  rm -rf "$dir"
}
trap finish EXIT
for peer in ntlm-auth pyspnego; do
  "$here/peers/$peer.sh" start "$dir/$peer"
  set -a
  # shellcheck disable=SC1090
  . "$dir/$peer/env"
  set +a
done
mkdir -p "$out"
export NETBIOS_COMPUTER_NAME=LABCLIENT

record() { # FILE COMMENT USER PASSWORD ARGUMENT...
  local file=$out/$1.hex comment=$2 user=$3
  export LABPEER_PASSWORD=$4
  shift 4
  printf '# %s\nuser %s\ndomain %s\npassword %s\n' "$comment" "$user" "$LAB_DOMAIN" "$LABPEER_PASSWORD" >"$file"
  # shellcheck disable=SC2086
  $LABPEER connect --user "$user" --domain "$LAB_DOMAIN" --tokens "$file" "$@" >/dev/null
}

# The variables below come from the peers' own files.
# shellcheck disable=SC2153
{
  alice=("$LAB_USER" "$LAB_PASS")
  utf8=("$LAB_USER_UTF8" "$LAB_PASS_UTF8")
  samba=(--port "$PORT_NTLM_AUTH")
  pyspnego=(--port "$PORT_PYSPNEGO")
  target=(--target HTTP@www.example.com)
}
n=--backend=ntlm_auth

record ntlm_auth-client "Samba's ntlm_auth to ntlm_auth, NTLMv2 with a target name" "${alice[@]}" $n "${samba[@]}" "${target[@]}"
record ntlm_auth-client-sign-only "Samba's ntlm_auth to ntlm_auth, NTLMv2, integrity without confidentiality" "${alice[@]}" $n "${samba[@]}" --no-conf
record ntlm_auth-client-ntlmv1 "Samba's ntlm_auth to ntlm_auth, NTLMv1 with extended session security" "${alice[@]}" $n "${samba[@]}" --ntlmv1
record ntlm_auth-client-utf8 "Samba's ntlm_auth to ntlm_auth, NTLMv2, an account outside ASCII" "${utf8[@]}" $n --port "$PORT_NTLM_AUTH_UTF8"
record pyspnego-client "pyspnego to pyspnego, NTLMv2 with a target name, sealed and signed messages" "${alice[@]}" "${pyspnego[@]}" "${target[@]}" --messages WM
record pyspnego-client-sign-only "pyspnego to pyspnego, NTLMv2, integrity without confidentiality, wrapped and signed messages" "${alice[@]}" "${pyspnego[@]}" --no-conf --messages IM
record pyspnego-client-ntlmv1 "pyspnego to pyspnego, NTLMv1 with extended session security, sealed and signed messages" "${alice[@]}" "${pyspnego[@]}" --ntlmv1 --messages WM
record pyspnego-client-utf8 "pyspnego to pyspnego, NTLMv2, an account outside ASCII" "${utf8[@]}" "${pyspnego[@]}"
record pyspnego-client-to-ntlm_auth "pyspnego to Samba's ntlm_auth, NTLMv2 with a target name" "${alice[@]}" "${samba[@]}" "${target[@]}"
record pyspnego-client-bindings "pyspnego to pyspnego, NTLMv2 with tls-server-end-point bindings over the certificate hash below" "${alice[@]}" \
  --port "$PORT_PYSPNEGO_CBT" --cbt "$LAB_CBT" --messages WM
echo "certificate-hash $LAB_CBT" >>"$out/pyspnego-client-bindings.hex"
