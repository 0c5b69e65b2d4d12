# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this use the variables
# What the scripts of the lab share; sourced, never run.
#
# Everything a peer writes lives below DIR (conf/ data/ log/ run/ env), only
# 127.0.0.1 is listened on, and a process is stopped only when both its pid and
# its kernel start time are those this script wrote down when it started it.

export LC_ALL=C.UTF-8
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Throw-away accounts: they exist nowhere but in this lab.
LAB_DOMAIN=${LAB_DOMAIN:-LAB}
LAB_USER=${LAB_USER:-alice}
LAB_PASS=${LAB_PASS:-Passw0rd-Alice}
LAB_USER2=${LAB_USER2:-bob}
LAB_PASS2=${LAB_PASS2:-Passw0rd-Bob}
LAB_USER_UTF8=${LAB_USER_UTF8:-jürgen}
LAB_PASS_UTF8=${LAB_PASS_UTF8:-Pässwörd-é}
LAB_ACCOUNTS="LAB_DOMAIN LAB_USER LAB_PASS LAB_USER2 LAB_PASS2 LAB_USER_UTF8 LAB_PASS_UTF8"

# Bindings of labpeer.py's peers; any 32 bytes will do: they stand for the SHA-256 of a server's certificate.
LAB_CBT=$(printf certificate | sha256sum | cut -d' ' -f1)
LAB_CBT_OTHER=$(printf 'another certificate' | sha256sum | cut -d' ' -f1)

LAB_VENV=${LAB_VENV:-/tmp/countersign-lab-venv}
LAB_HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

lab_die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

lab_args() { # start|check|env|stop DIR
  [ $# -eq 2 ] || lab_die "usage: ${0##*/} start|check|env|stop DIR"
  LAB_CMD=$1
  mkdir -p "$2"
  DIR=$(cd "$2" && pwd)
  mkdir -p "$DIR/conf" "$DIR/data" "$DIR/log" "$DIR/run"
}

# Logs of the installers are shown without the addresses they fetched from.
lab_tail() { tail -5 "$1" | sed -E 's#[a-z]+://[^ ]+#URL#g' >&2; }

lab_apt() { # PACKAGE... : installs what is missing and lets no service start by itself
  local p missing=()
  for p in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || lab_die "not installed, and only root can install it: ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made=0 log rc=0
  log=$(mktemp /tmp/countersign-lab-apt.XXXXXX)
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=1
  fi
  lab_apt_install "$log" "${missing[@]}" || {
    apt-get -o DPkg::Lock::Timeout=600 update >>"$log" 2>&1 || true
    lab_apt_install "$log" "${missing[@]}" || rc=$?
  }
  [ $made = 0 ] || rm -f "$policy"
  [ $rc = 0 ] || {
    lab_tail "$log"
    lab_die "apt could not install: ${missing[*]} (log $log)"
  }
  rm -f "$log"
}

lab_apt_install() { # LOG PACKAGE...
  local log=$1
  shift
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@" >>"$log" 2>&1
}

lab_pip() { # NAME... : installs what is missing into the lab's own virtual environment
  lab_apt python3-venv
  local log=${LAB_VENV}.log
  (
    flock 9
    [ -x "$LAB_VENV/bin/pip" ] || python3 -m venv "$LAB_VENV"
    missing=()
    for p in "$@"; do
      "$LAB_VENV/bin/python" -c \
        'import re, sys, importlib.metadata as m; m.version(re.split("[=<>~]", sys.argv[1])[0])' \
        "$p" 2>/dev/null || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] ||
      "$LAB_VENV/bin/pip" install -q --disable-pip-version-check "${missing[@]}" >"$log" 2>&1
  ) 9>"${LAB_VENV}.lock" || {
    [ ! -s "$log" ] || lab_tail "$log"
    lab_die "pip could not install: $*"
  }
}

lab_accounts() { # the lab's accounts as a file of DOMAIN:USER:PASSWORD lines, in $NTLM_USER_FILE
  local account
  export NTLM_USER_FILE=$DIR/conf/accounts
  (
    umask 077
    for account in "$LAB_USER:$LAB_PASS" "$LAB_USER2:$LAB_PASS2" "$LAB_USER_UTF8:$LAB_PASS_UTF8"; do
      printf '%s:%s\n' "$LAB_DOMAIN" "$account"
    done >"$NTLM_USER_FILE"
  )
}

lab_start_time() { sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

lab_alive() { # NAME : whether the process we started under that name still runs
  local f="$DIR/run/$1.pid" pid started
  [ -s "$f" ] || return 1
  read -r pid started <"$f"
  [ -n "$started" ] && [ "$(lab_start_time "$pid")" = "$started" ] || return 1
  [ "$(sed -E 's/^.*\) //' "/proc/$pid/stat" 2>/dev/null | cut -c1)" != Z ]
}

lab_background() { # NAME COMMAND... : in a session of its own, log in log/NAME.log
  local name=$1
  shift
  if lab_alive "$name"; then return 0; fi
  : >"$DIR/log/$name.log"
  setsid "$@" >>"$DIR/log/$name.log" 2>&1 </dev/null &
  printf '%s %s\n' $! "$(lab_start_time $!)" >"$DIR/run/$name.pid"
}

lab_stop() { # NAME... : TERM, five seconds, KILL; then what is left of its session
  local name pid _ member members
  for name in "$@"; do
    if lab_alive "$name"; then
      read -r pid _ <"$DIR/run/$name.pid"
      members=$(ps -o pid= -s "$pid" 2>/dev/null || true)
      kill -TERM "$pid" 2>/dev/null || true
      for _ in $(seq 50); do
        lab_alive "$name" || break
        sleep 0.1
      done
      if lab_alive "$name"; then kill -KILL "$pid" 2>/dev/null || true; fi
      for member in $members; do
        if [ "$(ps -o sid= -p "$member" 2>/dev/null | tr -d ' ')" = "$pid" ]; then
          kill -KILL "$member" 2>/dev/null || true
        fi
      done
    fi
    rm -f "$DIR/run/$name.pid"
  done
}

lab_listening() { # VAR NAME : the port NAME's log says it listens on (the system chose it)
  local port
  for _ in $(seq 150); do
    port=$(sed -n 's/^listening //p' "$DIR/log/$2.log" 2>/dev/null | head -1)
    if [ -n "$port" ]; then
      printf -v "$1" %s "$port"
      return 0
    fi
    lab_alive "$2" || break
    sleep 0.1
  done
  tail -15 "$DIR/log/$2.log" >&2 || true
  lab_die "$2 does not listen"
}

# DIR/env has one NAME='value' per line, so that a shell can source it and a
# program can read it without a shell's rules.
lab_write_env() { # NAME...
  local name
  for name in "$@"; do
    case ${!name} in *"'"* | *$'\n'*) lab_die "$name holds a quote or a line break" ;; esac
    printf "%s='%s'\n" "$name" "${!name}"
  done >"$DIR/env.new"
  mv "$DIR/env.new" "$DIR/env"
}

lab_read_env() {
  [ -s "$DIR/env" ] || lab_die "not started: $DIR"
  set -a
  # shellcheck disable=SC1091
  . "$DIR/env"
  set +a
}

lab_print_env() {
  [ -s "$DIR/env" ] || lab_die "not started: $DIR"
  sed 's/^/export /' "$DIR/env"
}

LAB_RC=0

lab_try() { # NAME COMMAND... : one line, ok or FAIL with the last line of what it said
  local name=$1 said
  shift
  if said=$(timeout 60 "$@" 2>&1 </dev/null); then
    echo "ok   $name"
  else
    echo "FAIL $name: ${said##*$'\n'}"
    LAB_RC=1
  fi
}
