#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every static check, each with what it found; closes on "N passed, N failed".
#     lint.sh [CHECK ...]     rooms format analyzer tidy cppcheck misra stack shell
# BUILD names a folder for caches; CPPFLAGS and JOBS as in the Makefile.
set -u
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
JOBS=${JOBS:-$(nproc)}
FLAGS="-std=c99 -Iinclude -D_POSIX_C_SOURCE=200809L ${CPPFLAGS:-}"
STRICT="-pedantic -Wall -Wextra -Wconversion -Wshadow -Wcast-align -Wstrict-prototypes -Wvla
    -Wmissing-prototypes -Wundef -Wpointer-arith -Wwrite-strings -Wformat=2"
CHECKS=${*:-rooms format analyzer tidy cppcheck misra stack shell}
mkdir -p "$BUILD/lint"
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# What the host's compilers can read; the board's code is for another's, with headers of other
# projects: strict warnings there are those of `make firmware`.
shipped() {
    find src port -name '*.c' | grep -Ev '^port/(mps2|lwip|freertos|example|mbedtls)/' | sort
}
library() { shipped | grep -v '^src/cli/'; }
# Of FreeRTOS' part cppcheck would need the headers; the start-up code compares the linker's symbols.
checkable() { find src port -name '*.c' | grep -Ev '^port/(freertos|mbedtls)/' | sort; }
ours() { find include src port tests fuzz -name '*.[ch]' | sort; }
first_of() {
    for tool in "$@"; do
        if command -v "$tool" >/dev/null; then
            echo "$tool"
            return
        fi
    done
    return 1
}

check_rooms() {
    python3 tests/lint/rooms.py --self-check && python3 tests/lint/rooms.py
}

# One version decides what well formatted means; others disagree in details.
check_format() {
    if ! command -v clang-format-14 >/dev/null; then
        echo "no clang-format-14 here"
        return 77
    fi
    ours | xargs clang-format-14 --dry-run -Werror
}

# At -O0, where the analyzer sees most.
check_analyzer() {
    # shellcheck disable=SC2086
    shipped | xargs -P "$JOBS" -n 1 gcc $FLAGS $STRICT -Werror -O0 -fanalyzer \
        -fdiagnostics-path-format=none -c -o /dev/null
}

check_tidy() {
    local tidy
    tidy=$(first_of clang-tidy-14 clang-tidy) || return 77
    # shellcheck disable=SC2086
    # shellcheck disable=SC2016
    shipped | xargs -P "$JOBS" -n 2 sh -c 'tidy=$0 flags=$1; shift
        "$tidy" --quiet "$@" -- $flags 2>&1' "$tidy" "$FLAGS" >"$BUILD/lint/tidy.txt"
    ! grep -A 3 -E '(warning|error):' "$BUILD/lint/tidy.txt"
}

CPPCHECK="cppcheck -q --std=c99 --platform=unix64 --inline-suppr --error-exitcode=1
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression
    -Iinclude -D_POSIX_C_SOURCE=200809L -DMBEDTLS_VERSION_NUMBER=0x021C0300 -j $JOBS"

check_cppcheck() {
    mkdir -p "$BUILD/lint/cppcheck"
    # shellcheck disable=SC2086
    checkable | $CPPCHECK --enable=warning,performance,portability \
        --suppress=comparePointers:port/mps2/startup.c \
        --cppcheck-build-dir="$BUILD/lint/cppcheck" --file-list=- \
        --template='{file}:{line}: {message} [{id}]'
}

# Only what src/MISRA.md lists may pass, and what it lists must still be needed.
check_misra() {
    local list=$BUILD/lint/misra.txt all=$BUILD/lint/misra.all status=0
    awk -f tests/lint/misra.awk src/MISRA.md >"$list" || return 1
    # shellcheck disable=SC2086
    library | ${CPPCHECK/--error-exitcode=1/} --enable=style --addon=misra --file-list=- \
        --template='{file}:{line}: {id}' 2>&1 | grep 'misra-c2012-\|rror' | sort -u >"$all"
    awk -v list="$list" '
        BEGIN {
            while ((getline line < list) > 0) {
                rule = line; where = ""
                if (i = index(line, ":")) { rule = substr(line, 1, i - 1); where = substr(line, i + 1) }
                sub(/\*$/, "", where)
                entries[++n] = rule; places[n] = where
            }
        }
        {
            for (i = 1; i <= n; i++)
                if ($2 == entries[i] && (places[i] == "" || index($1, places[i]) == 1)) {
                    used[i] = 1
                    next
                }
            print
            found = 1
        }
        END {
            for (i = 1; i <= n; i++)
                if (!used[i]) {
                    print "src/MISRA.md: nothing needs D" i " (" entries[i] ") any more"
                    found = 1
                }
            exit found
        }' "$all" || status=1
    return $status
}

# Recursion, frames of unknown size and unknown callees, in the whole library.
check_stack() {
    # It must find each of these in a sample made to have them.
    local sample=$BUILD/lint/sample said
    mkdir -p "$sample"
    printf '%s\n' 'int again(int n);' 'int again(int n) { return n > 0 ? again(n - 1) + 1 : 0; }' \
        'int any(int (*f)(int));' 'int any(int (*f)(int)) { return f(1) + 1; }' \
        'int room(int n);' 'int room(int n) { char a[n]; a[n - 1] = 1; return any(0) + a[0]; }' \
        'int puts(const char *);' 'int out(void);' 'int out(void) { return puts("") + 1; }' \
        >"$sample/a.c"
    gcc -O0 -fcallgraph-info=su -c -o "$sample/a.o" "$sample/a.c" || return 1
    said=$(python3 tests/size/stack.py --check "$sample" 2>&1)
    for word in recursion: 'unknown size' 'indirect call in' 'calls puts' 'nothing needs'; do
        case $said in *"$word"*) ;; *) echo "stack.py does not find: $word" && return 1 ;; esac
    done
    sh tests/size/callgraph.sh "$BUILD/lint/callgraph" gcc -O0 >/dev/null &&
        python3 tests/size/stack.py --check "$BUILD/lint/callgraph"
}

# Left out: variables that a sourced helper sets or uses; ulimit -v, which dash has.
check_shell() {
    command -v shellcheck >/dev/null || return 77
    {
        git ls-files 2>/dev/null || find . -type f
    } | sed 's|^\./||' | while read -r f; do
        [ -f "$f" ] && head -c 64 "$f" | grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$f"
    done | sort | xargs -r -P "$JOBS" -n 8 shellcheck -x --severity=warning --exclude=SC2034,SC2154,SC3045
}

passed=0 failed=0 skipped=0
for check in $CHECKS; do
    begun=$SECONDS
    "check_$check" >"$OUT" 2>&1
    status=$?
    case $status in
    0)
        passed=$((passed + 1))
        printf '  %-28s ok      %4d s\n' "lint/$check" $((SECONDS - begun))
        ;;
    77)
        skipped=$((skipped + 1))
        printf '  %-28s skipped: %s\n' "lint/$check" "$(cat "$OUT")"
        ;;
    *)
        failed=$((failed + 1))
        cat "$OUT"
        printf '  %-28s FAILED  %4d s\n' "lint/$check" $((SECONDS - begun))
        ;;
    esac
done
[ $((passed + failed)) -gt 0 ] || failed=1
if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
