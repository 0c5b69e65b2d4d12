#!/usr/bin/env bash
# Builds the C tests and the examples in every way and runs them against the library.
# Usage: run.sh LIBDIR [CLI]
#   LIBDIR  has libcountersign.so (or libcountersign_capi.so, as cargo names it)
#   CLI     the command `countersign`: the examples then also talk to it
# Needs gcc, g++, clang, valgrind and binutils; as root on Debian it installs what is missing.
set -euo pipefail

if [ $# -lt 1 ]; then
    echo "usage: run.sh LIBDIR [CLI]" >&2
    exit 64
fi
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
include=$here/../../include
examples=$here/../../examples/c
libdir=$(cd -- "$1" && pwd)
cli=${2:-}
work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf -- "$work"
}
trap cleanup EXIT

tools=(gcc g++ clang clang++ valgrind nm)
missing() { for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || echo "$tool"; done; }
if [ -n "$(missing)" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
        gcc g++ clang valgrind binutils libc6-dev libc6-dbg
fi
if [ -n "$(missing)" ]; then
    echo "run.sh: not installed: $(missing | tr '\n' ' ')" >&2
    exit 1
fi

# Whatever the file is called, programs find it by -lcountersign and by its name for the loader.
library=
for name in libcountersign.so libcountersign_capi.so; do
    if [ -e "$libdir/$name" ]; then
        library=$libdir/$name
        break
    fi
done
[ -n "$library" ] || { echo "run.sh: no library in $libdir" >&2; exit 1; }
mkdir "$work/lib" "$work/bin" "$work/log" "$work/config"
ln -s "$library" "$work/lib/libcountersign.so"
ln -s "$library" "$work/lib/libcountersign.so.0"
case $library in
    *_capi.so) ln -s "$library" "$work/lib/libcountersign_capi.so" ;;
esac

# Who may log on, and who clients are that name nobody. The tests know the same names.
printf 'Passw0rd\n' >"$work/config/password.txt"
printf 'LAB:alice:Passw0rd\nLAB:jörg:Grüße7\n' >"$work/config/users.txt"
chmod 600 "$work/config/password.txt" "$work/config/users.txt"
cat >"$work/config/config.toml" <<'CONFIG'
[accounts]
passwords = "users.txt"

[credentials]
user = 'LAB\alice'
password_file = "password.txt"
CONFIG
export COUNTERSIGN_CONFIG=$work/config/config.toml
unset COUNTERSIGN_POLICY COUNTERSIGN_ACCOUNTS COUNTERSIGN_USER COUNTERSIGN_PASSWORD_FILE \
    COUNTERSIGN_LOG COUNTERSIGN_LOG_FILE

passed=0
failed=0

ok() {
    passed=$((passed + 1))
    echo "ok   $1"
}

bad() {
    failed=$((failed + 1))
    echo "FAIL $1"
    sed 's/^/     /' "$2" | grep -v '^     ok ' | tail -n 40 || true
}

# run NAME COMMAND...: one result.
run() {
    local name=$1 log=$work/log/last
    shift
    if timeout 300 "$@" >"$log" 2>&1 </dev/null; then
        ok "$name"
    else
        echo "exit code $?" >>"$log"
        bad "$name" "$log"
    fi
}

# build OUT COMPILER STANDARD SOURCE OPTIONS...
build() {
    local out=$1 compiler=$2 standard=$3 source=$4 language=c
    shift 4
    case $standard in
        c++*) language=c++ ;;
    esac
    # _DEFAULT_SOURCE: sockets and threads are not part of C99.
    "$compiler" -x "$language" "-std=$standard" -D_DEFAULT_SOURCE -O1 -g -Wall -Wextra -Wpedantic \
        -Werror "-I$include" "-I$include/compat" "$@" -o "$out" "$source" \
        -x none "-L$work/lib" -lcountersign "-Wl,-rpath,$work/lib" -pthread
}

# compiled OUT NAME ...: builds, and counts what does not.
compiled() {
    local out=$1 name=$2
    shift 2
    if build "$out" "$@" 2>"$work/log/build"; then
        return 0
    fi
    bad "$name (does not compile)" "$work/log/build"
    return 1
}

run "headers, each on its own" "$here/include_each.sh"

for way in "gcc c99" "gcc c11" "g++ c++17" "clang c99" "clang c11" "clang++ c++17"; do
    read -r compiler standard <<<"$way"
    for test in layout abuse wild loopback datagram threads; do
        out=$work/bin/$test-$compiler-$standard
        if compiled "$out" "$test, $compiler $standard" "$compiler" "$standard" "$here/$test.c"; then
            run "$test, $compiler $standard" "$out"
        fi
    done
    for test in wild loopback; do
        out=$work/bin/$test-$compiler-$standard-short
        if compiled "$out" "$test, $compiler $standard, short wchar_t" "$compiler" "$standard" \
            "$here/$test.c" -fshort-wchar -DUNICODE; then
            run "$test, $compiler $standard, short wchar_t" "$out"
        fi
    done
    for width in narrow wide; do
        options=()
        [ "$width" = narrow ] || options=(-fshort-wchar -DUNICODE)
        for example in ntlm_client ntlm_server; do
            name="$example, $compiler $standard, $width"
            if compiled "$work/bin/$example-$compiler-$standard-$width" "$name" "$compiler" \
                "$standard" "$examples/$example.c" "${options[@]}"; then
                ok "$name compiles"
            fi
        done
    done
done

# Nothing is exported that no test calls.
nm -D --defined-only "$library" | awk '$2 == "T" { print $3 }' | sort -u >"$work/exported"
for test in abuse wild loopback datagram threads; do
    nm -D --undefined-only "$work/bin/$test-gcc-c99" | awk '{ print $2 }'
done | sed 's/@.*//' | sort -u >"$work/called"
comm -23 "$work/exported" "$work/called" | sed 's/$/ is called by no test/' >"$work/log/exported"
if [ -s "$work/exported" ] && [ ! -s "$work/log/exported" ]; then
    ok "$(wc -l <"$work/exported") exported functions, each called by a test"
else
    bad "exported functions" "$work/log/exported"
fi

# The other names of the library, and the static one, where they are installed.
for other in -lsecur32 -lsspi -lsspicli "$libdir/libcountersign.a"; do
    case $other in
        -l*) file=$libdir/lib${other#-l}.so libs=("-L$libdir" "$other" "-Wl,-rpath,$libdir") ;;
        *) file=$other libs=("$other" -ldl -lm) ;;
    esac
    [ -e "$file" ] || continue
    out=$work/bin/loopback-${file##*/}
    if gcc -std=c99 -D_DEFAULT_SOURCE "-I$include" "-I$include/compat" -o "$out" "$here/loopback.c" \
        "${libs[@]}" -pthread 2>"$work/log/build"; then
        run "loopback with ${file##*/}" "$out"
    else
        bad "loopback with ${file##*/} (does not link)" "$work/log/build"
    fi
done

# Programs under a tool that sees what they do to memory. Tables that live as long as the library
# are known by pointers into their middle, which valgrind takes for a possible leak.
checker=(valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect
    --errors-for-leak-kinds=definite,indirect)
for test in abuse wild loopback datagram threads; do
    program=$work/bin/$test-gcc-c99
    if [ -x "$program" ]; then
        run "$test under valgrind" "${checker[@]}" "$program"
    fi
    out=$work/bin/$test-sanitized
    if compiled "$out" "$test, sanitized" clang c99 "$here/$test.c" \
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer; then
        run "$test with sanitizers" env ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 "$out"
    fi
done

# start COMMAND...: starts a server in the background; sets `server` and `port`.
start() {
    # The port of the server before this one must not be read.
    rm -f -- "$work/log/server"
    : >"$work/log/server"
    timeout 120 "$@" >>"$work/log/server" 2>&1 </dev/null &
    server=$!
    port=
    local n
    for ((n = 0; n < 200; n++)); do
        port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/log/server")
        [ -z "$port" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

# converse NAME USER PASSWORD CLIENT-EXIT SERVER-EXIT CLIENT -- SERVER...: a client and a server.
converse() {
    local name=$1 user=$2 password=$3 client_due=$4 server_due=$5 client=$6
    local client_code=0 server_code=0
    shift 7
    if ! start "$@"; then
        bad "$name (the server does not start)" "$work/log/server"
        server=
        return
    fi
    NTLM_PASSWORD=$password timeout 60 "$client" 127.0.0.1 "$port" "$user" HTTP/localhost \
        'first message' 'zweite, mit Ümläuten' '' >"$work/log/client" 2>&1 </dev/null ||
        client_code=$?
    wait "$server" || server_code=$?
    server=
    if [ "$client_code" -eq "$client_due" ] && [ "$server_code" -eq "$server_due" ] &&
        { [ "$client_due" -ne 0 ] ||
            { grep -q '^<- sealed: echo:zweite, mit Ümläuten$' "$work/log/client" &&
                grep -q '^<- signed: echo:first message$' "$work/log/client"; }; }; then
        ok "$name"
    else
        {
            echo "client: exit code $client_code, $client_due was due"
            cat "$work/log/client"
            echo "server: exit code $server_code, $server_due was due"
            cat "$work/log/server"
        } >"$work/log/both"
        bad "$name" "$work/log/both"
    fi
}

bin=$work/bin
narrow_client=$bin/ntlm_client-gcc-c99-narrow
wide_client=$bin/ntlm_client-g++-c++17-wide
narrow_server=$bin/ntlm_server-clang-c99-narrow
wide_server=$bin/ntlm_server-clang++-c++17-wide
if [ -x "$narrow_client" ] && [ -x "$wide_client" ] && [ -x "$narrow_server" ] && [ -x "$wide_server" ]; then
    for client in "$narrow_client" "$wide_client"; do
        for other in "$narrow_server" "$wide_server"; do
            pair="${client##*/} to ${other##*/}"
            converse "$pair" 'LAB\alice' Passw0rd 0 0 "$client" -- "$other" 0 once
            converse "$pair, not ASCII" 'LAB\jörg' 'Grüße7' 0 0 "$client" -- "$other" 0 once
            converse "$pair, default credentials" - '' 0 0 "$client" -- "$other" 0 once
            converse "$pair, wrong password" 'LAB\alice' wrong 2 2 "$client" -- "$other" 0 once
            converse "$pair, nobody" 'LAB\nobody' Passw0rd 2 2 "$client" -- "$other" 0 once
        done
    done
    # Both sides once more, where leaks and wrong accesses are seen.
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${checker[*]}" "$narrow_client" >"$bin/checked-client"
    chmod +x "$bin/checked-client"
    converse "both under valgrind" 'LAB\alice' Passw0rd 0 0 "$bin/checked-client" -- \
        "${checker[@]}" "$narrow_server" 0 once
fi

if [ -n "$cli" ] && [ -x "$narrow_client" ] && [ -x "$narrow_server" ]; then
    store=$work/config/accounts.redb
    printf 'Passw0rd\n' >"$work/config/alice.txt"
    if "$cli" account add --store "$store" --password-file "$work/config/alice.txt" 'LAB\alice' \
        >"$work/log/account" 2>&1; then
        converse "C client to the command" 'LAB\alice' Passw0rd 0 0 "$narrow_client" -- \
            "$cli" serve --listen 127.0.0.1:0 --store "$store" --echo --once
        if start "$narrow_server" 0 once; then
            run "the command to the C server" "$cli" connect "127.0.0.1:$port" --user 'LAB\alice' \
                --password-file "$work/config/alice.txt" --target HTTP/localhost --message hello
            wait "$server" && ok "the C server with the command" ||
                bad "the C server with the command" "$work/log/server"
            server=
        else
            bad "the C server does not start" "$work/log/server"
        fi
    else
        bad "an account for the command" "$work/log/account"
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
