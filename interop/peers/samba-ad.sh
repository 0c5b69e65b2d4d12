#!/usr/bin/env bash
# Samba as an Active Directory domain controller, in network, mount and host-name namespaces of its
# own: loopback only, the standard ports, nothing of it to be seen outside. Needs root.
#
#   samba-ad.sh start|check|env|stop DIR
#
# The realm is SAMDOM.TEST, the domain SAMDOM, the controller dc1.samdom.test = 127.0.0.1. Clients run
# inside: $AD_EXEC COMMAND... Accounts, beside those of the lab:
#   $AD_DISABLED   disabled, with alice's password
#   $AD_LOCKED     locked out: three wrong passwords, after each start
# Programs outside reach winbindd with $AD_NTLM_AUTH (ntlm_auth, without its --helper-protocol) and the
# LDAP server with $AD_LDAP (its standard input and output are the connection).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=_lib.sh
. "$(dirname "$(readlink -f "$0")")/_lib.sh"
lab_args "$@"

export TDB_NO_FSYNC=1 # what is made here lives no longer than DIR; provisioning is all fsync otherwise
AD_DOMAIN=SAMDOM AD_DNS=samdom.test AD_HOST=DC1 AD_DC=dc1.samdom.test AD_BASE=DC=samdom,DC=test
AD_DISABLED=dora AD_LOCKED=ludo
conf=$DIR/data/domain/etc/smb.conf

tool() { # samba-tool on the controller's own files
  timeout 60 samba-tool "$@" -s "$conf" >>"$DIR/log/samba-tool.log" 2>&1 ||
    lab_die "samba-tool $1 $2: $(tail -1 "$DIR/log/samba-tool.log")"
}

# A password goes through a file that only we can read, not through a command line.
add() { # USER PASSWORD
  (umask 077 && printf '%s\n%s\n' "$2" "$2" >"$DIR/data/answers")
  tool user create "$1" <"$DIR/data/answers"
  rm -f "$DIR/data/answers"
}

provision() {
  local options="
  pid directory = $DIR/run/samba
  ncalrpc dir = $DIR/run/ncalrpc
  ntp signd socket directory = $DIR/run/ntp
  log file = $DIR/log/log.%m
  ldap server require strong auth = no
  dns update command = /bin/true
  allow dns updates = disabled
  load printers = no"
  rm -rf "$DIR/data/domain"
  mkdir -p "$DIR/data/domain" "$DIR/run/samba"
  printf '[global]\n' >"$DIR/conf/empty.conf"
  timeout 120 samba-tool domain provision -s "$DIR/conf/empty.conf" --realm="${AD_DNS^^}" --domain=$AD_DOMAIN \
    --server-role=dc --dns-backend=SAMBA_INTERNAL --host-name=${AD_HOST,,} --host-ip=127.0.0.1 \
    --targetdir="$DIR/data/domain" --option='interfaces=lo' --option='bind interfaces only=yes' \
    >"$DIR/log/provision.log" 2>&1 || lab_die "no domain: $(tail -1 "$DIR/log/provision.log")"
  awk -v options="$options" '/dns forwarder/ { next } { print } /^\[global\]/ { print options }' \
    "$conf" >"$conf.new"
  mv "$conf.new" "$conf"
  tool domain passwordsettings set --complexity=off --history-length=0 --min-pwd-age=0 --max-pwd-age=0 \
    --account-lockout-threshold=3 --account-lockout-duration=60 --reset-account-lockout-after=60
  add "$LAB_USER" "$LAB_PASS"
  add "$LAB_USER2" "$LAB_PASS2"
  add "$LAB_USER_UTF8" "$LAB_PASS_UTF8"
  add $AD_DISABLED "$LAB_PASS"
  add $AD_LOCKED "$LAB_PASS"
  tool user disable $AD_DISABLED
  touch "$DIR/data/domain/ok"
}

# What the controller sees instead of the machine's own files. The path of winbindd's socket is
# compiled in, so it gets a private place.
namespace() {
  printf 'nameserver 127.0.0.1\nsearch %s\n' $AD_DNS >"$DIR/conf/resolv.conf"
  printf '127.0.0.1 %s %s localhost %s\n' $AD_DC "${AD_HOST,,}" "$(hostname)" >"$DIR/conf/hosts"
  cat >"$DIR/conf/krb5.conf" <<CONF
[libdefaults]
  default_realm = ${AD_DNS^^}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
[realms]
  ${AD_DNS^^} = {
    kdc = 127.0.0.1:88
  }
CONF
  cat >"$DIR/conf/namespace.sh" <<'CONF'
set -e
mount --make-rprivate /
mount --bind "$1/conf/resolv.conf" /etc/resolv.conf
mount --bind "$1/conf/hosts" /etc/hosts
mkdir -p /run/samba
mount -t tmpfs -o mode=755 tmpfs /run/samba
ip link set lo up
shift
exec "$@"
CONF
}

# shellcheck disable=SC2086 # $AD_EXEC is several words
ready() { # LDAP and winbindd answer
  timeout 10 $AD_EXEC ldapsearch -x -LLL -H ldap://127.0.0.1 -b '' -s base dnsHostName >/dev/null 2>&1 &&
    timeout 10 $AD_EXEC wbinfo --ping-dc >/dev/null 2>&1
}

# Fails, and with this text in what it says: for `bash -c`, TEXT COMMAND...
# shellcheck disable=SC2016
fails='text=$0
if said=$("$@" 2>&1); then echo "passed, and should not"; exit 1; fi
[[ $said == *"$text"* ]] || { echo "failed otherwise: $said"; exit 1; }'

case $LAB_CMD in
  start)
    lab_apt samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind ldb-tools ldap-utils iproute2 util-linux socat
    if lab_alive samba; then exit 0; fi
    [ "$(id -u)" = 0 ] || lab_die "namespaces need root"
    [ -e "$DIR/data/domain/ok" ] || provision
    namespace
    lab_background samba unshare --net --mount --uts -- bash "$DIR/conf/namespace.sh" "$DIR" \
      env TDB_NO_FSYNC=1 KRB5_CONFIG="$DIR/conf/krb5.conf" \
      samba --foreground --no-process-group --model=single --configfile="$conf" -d1
    read -r pid _ <"$DIR/run/samba.pid"
    AD_EXEC="nsenter -t $pid -n -m --"
    export AD_LDAP="$AD_EXEC socat -T 30 STDIO TCP4:127.0.0.1:389"
    export AD_NTLM_AUTH="$AD_EXEC ntlm_auth --configfile=$conf"
    end=$((SECONDS + 60))
    until ready; do
      if ! lab_alive samba || [ $SECONDS -ge $end ]; then
        tail -5 "$DIR/log/samba.log" >&2
        lab_die "the controller does not answer"
      fi
      sleep 0.2
    done
    # shellcheck disable=SC2086
    for _ in 1 2 3; do timeout 20 $AD_EXEC wbinfo -a "$AD_DOMAIN\\$AD_LOCKED%nope" >/dev/null 2>&1 || true; done
    # shellcheck disable=SC2086
    lab_write_env $LAB_ACCOUNTS AD_EXEC AD_LDAP AD_NTLM_AUTH AD_DOMAIN AD_DNS AD_HOST AD_DC AD_BASE AD_DISABLED AD_LOCKED
    ;;
  stop)
    # smbd and winbindd leave the session, but not the network namespace, in which everything is ours.
    if lab_alive samba; then
      read -r pid _ <"$DIR/run/samba.pid"
      net=$(readlink "/proc/$pid/ns/net")
      lab_stop samba
      if [ -n "$net" ] && [ "$net" != "$(readlink /proc/self/ns/net)" ]; then
        for process in /proc/[0-9]*; do
          if [ "$(readlink "$process/ns/net" 2>/dev/null || true)" = "$net" ]; then
            kill -KILL "${process#/proc/}" 2>/dev/null || true
          fi
        done
      fi
    fi
    ;;
  env) lab_print_env ;;
  check)
    lab_read_env
    # shellcheck disable=SC2206
    search=($AD_EXEC ldbsearch -H "ldap://$AD_DC" -b "$AD_BASE" -s base
      --configfile="$conf" --use-kerberos=off dn -U) logon=($AD_EXEC wbinfo -a)
    alice=$AD_DOMAIN\\$LAB_USER
    for protection in off sign encrypt; do
      lab_try "Samba's LDAP client -> Samba: NTLM, protection $protection" "${search[@]}" "$alice%$LAB_PASS" \
        --client-protection=$protection
    done
    lab_try "Samba's LDAP client -> Samba: wrong password refused" bash -c "$fails" LDAP_INVALID_CREDENTIALS \
      "${search[@]}" "$alice%nope"
    lab_try "wbinfo -> winbindd: logon" "${logon[@]}" "$alice%$LAB_PASS"
    lab_try "wbinfo -> winbindd: wrong password refused" bash -c "$fails" NT_STATUS_WRONG_PASSWORD \
      "${logon[@]}" "$alice%nope"
    lab_try "wbinfo -> winbindd: disabled account refused" bash -c "$fails" NT_STATUS_ACCOUNT_DISABLED \
      "${logon[@]}" "$AD_DOMAIN\\$AD_DISABLED%$LAB_PASS"
    lab_try "wbinfo -> winbindd: locked account refused" bash -c "$fails" NT_STATUS_ACCOUNT_LOCKED_OUT \
      "${logon[@]}" "$AD_DOMAIN\\$AD_LOCKED%$LAB_PASS"
    exit "$LAB_RC"
    ;;
  *) lab_die "unknown command $LAB_CMD" ;;
esac
