#!/usr/bin/env bash
# Compiles every header on its own, and with windows.h before and after it, in every way that
# programs are compiled: both compilers, both languages, wide and narrow wchar_t, UNICODE and not.
# Usage: include_each.sh
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
include=$here/../../include
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Werror)
passed=0
failed=0

# attempt NAME COMPILER LANGUAGE STANDARD OPTIONS... < program
attempt() {
    local name=$1 compiler=$2 language=$3 standard=$4
    shift 4
    if "$compiler" -x "$language" "-std=$standard" "${warnings[@]}" "$@" "-I$include" -c -o /dev/null - 2>"$work/log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: $compiler -std=$standard $*"
        head -n 20 "$work/log"
    fi
}

headers=(countersign_types.h countersign_status.h sspi.h secext.h security.h)
compat=(windows.h winerror.h)

for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || { echo "include_each: no $compiler" >&2; exit 1; }
    for standard in c99 c11 c++17; do
        language=c
        [ "$standard" = c++17 ] && language=c++
        for wide in -fno-short-wchar -fshort-wchar; do
            for text in -UUNICODE -DUNICODE; do
                options=("$wide" "$text")
                for header in "${headers[@]}"; do
                    attempt "$header" "$compiler" "$language" "$standard" "${options[@]}" \
                        <<<"#include <$header>"
                    attempt "$header twice" "$compiler" "$language" "$standard" "${options[@]}" \
                        <<<"$(printf '#include <%s>\n#include <%s>' "$header" "$header")"
                    for other in "${compat[@]}"; do
                        attempt "$other, $header" "$compiler" "$language" "$standard" \
                            "${options[@]}" "-I$include/compat" \
                            <<<"$(printf '#include <%s>\n#include <%s>' "$other" "$header")"
                        attempt "$header, $other" "$compiler" "$language" "$standard" \
                            "${options[@]}" "-I$include/compat" \
                            <<<"$(printf '#include <%s>\n#include <%s>' "$header" "$other")"
                    done
                done
                for mode in SECURITY_WIN32 SECURITY_KERNEL SECURITY_MAC; do
                    attempt "$mode" "$compiler" "$language" "$standard" "${options[@]}" "-D$mode" \
                        <<<'#include <security.h>'
                done
                attempt "names of packages" "$compiler" "$language" "$standard" "${options[@]}" <<'PROGRAM'
#include <security.h>
SECURITY_STATUS ask(void);
SECURITY_STATUS ask(void)
{
    PSecPkgInfoW wide;
    PSecPkgInfoA narrow;
    PSecPkgInfo neutral;
    return QuerySecurityPackageInfoW(NTLMSP_NAME, &wide) +
           QuerySecurityPackageInfoW(MICROSOFT_KERBEROS_NAME, &wide) +
           QuerySecurityPackageInfoW(NEGOSSP_NAME_W, &wide) +
           QuerySecurityPackageInfoA(NTLMSP_NAME_A, &narrow) +
           QuerySecurityPackageInfo(NEGOSSP_NAME, &neutral) +
           QuerySecurityPackageInfo(WDIGEST_SP_NAME, &neutral);
}
PROGRAM
            done
        done
        # Wide literals are what they look like with a narrow wchar_t.
        attempt 'L"text"' "$compiler" "$language" "$standard" -fshort-wchar -DUNICODE "-I$include/compat" <<'PROGRAM'
#include <windows.h>
#include <security.h>
SECURITY_STATUS ask(void);
SECURITY_STATUS ask(void)
{
    PSecPkgInfo info;
    static const TCHAR name[] = TEXT("NTLM");
    return QuerySecurityPackageInfo(L"NTLM", &info) + QuerySecurityPackageInfo(name, &info);
}
PROGRAM
    done
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
