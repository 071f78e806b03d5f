#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make install` leaves, used by somebody else's project: by pkg-config, by find_package(navette)
# with the static and the shared library, moved to another folder, and from the sources by
# add_subdirectory().
#     install.sh FOLDER     with BUILD and MAKE in the environment
. "$(dirname "$0")/lib.sh"

here=$(pwd)
version=$(sed -n 's/^.define NVT_VERSION "\(.*\)"/\1/p' include/navette/navette.h)
root=$out/root
prefix=/opt/navette
libdir=$prefix/lib/$(gcc -print-multiarch) # as Debian has it

passes 'make install' "$MAKE" --no-print-directory BUILD="$BUILD" DESTDIR="$root" PREFIX=$prefix LIBDIR=$libdir \
    install
# Nobody builds against the folder it was staged in.
mv "$root$prefix" "$out/moved"
at=$out/moved
lib=$at${libdir#"$prefix"}

says() { # NAME PROGRAM
    is "$1" "$("$2" 2>&1)" "navette $version"
}

# ---- pkg-config ----

export PKG_CONFIG_PATH="$lib/pkgconfig"
pc() { pkg-config --define-variable=prefix="$at" "$@" navette; }
is 'pkg-config knows the version' "$(pc --modversion)" "$version"
# shellcheck disable=SC2046 # lists of flags
passes 'a program by pkg-config, static' gcc -o "$out/static" tests/packaging/probe.c \
    $(pc --cflags) -Wl,-Bstatic $(pc --libs) -Wl,-Bdynamic $(pc --static --libs)
says '... runs' "$out/static"
# shellcheck disable=SC2046
passes 'a program by pkg-config, shared' gcc -o "$out/shared" tests/packaging/probe.c \
    $(pc --cflags) $(pc --libs) -Wl,-rpath,"$lib"
says '... runs' "$out/shared"

# ---- CMake ----

project() { # FOLDER LINE ...
    mkdir -p "$out/$1"
    {
        echo 'cmake_minimum_required(VERSION 3.16)'
        echo 'project(probe C)'
        shift
        printf '%s\n' "$@"
    } >"$out/$1/CMakeLists.txt"
}
configure() { # FOLDER OPTION ...
    folder=$1
    shift
    cmake -S "$out/$folder" -B "$out/$folder/b" "$@"
}
probe="add_executable(probe $here/tests/packaging/probe.c)"
both="$probe
target_link_libraries(probe PRIVATE navette::navette)
add_executable(probe-shared $here/tests/packaging/probe.c)
target_link_libraries(probe-shared PRIVATE navette::shared)"

project find "find_package(navette ${version%.*} REQUIRED)" "$both"
passes 'find_package(navette)' configure find -DCMAKE_PREFIX_PATH="$at"
passes '... builds' cmake --build "$out/find/b"
says '... runs, static' "$out/find/b/probe"
says '... runs, shared' "$out/find/b/probe-shared"
case $(ldd "$out/find/b/probe-shared") in
*"$lib/libnavette.so"*) good '... with the library that was installed' ;;
*) bad '... with the library that was installed' ;;
esac

refuses() { # NAME FOLDER WORDS: configuring fails, and says so
    if configure "$2" -DCMAKE_PREFIX_PATH="$at" >"$log" 2>&1; then
        bad "$1: it does not"
    elif grep -q "$3" "$log"; then
        good "$1"
    else
        bad "$1: it does not say '$3'"
        cat "$log"
    fi
}
project newer 'find_package(navette 0.99 REQUIRED)'
refuses 'a newer version is not there' newer "version: $version"
project older 'find_package(navette 0.0.1 REQUIRED)'
refuses 'an older line does not fit' older "version: $version"
project exact "find_package(navette $version EXACT REQUIRED)"
passes 'this very version does' configure exact -DCMAKE_PREFIX_PATH="$at"
project own 'set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)' 'set(CMAKE_FIND_ROOT_PATH /nowhere)' \
    'find_package(navette REQUIRED NO_CMAKE_FIND_ROOT_PATH)'
refuses 'without Mbed TLS it says what is missing' own 'libmbedtls-dev'

project sub "add_subdirectory($here/port/cmake navette)" "$probe" \
    'target_link_libraries(probe PRIVATE navette::navette)'
passes 'add_subdirectory(port/cmake)' configure sub
passes '... builds' cmake --build "$out/sub/b" -j "${JOBS:-2}"
says '... runs' "$out/sub/b/probe"
project none "set(NAVETTE_PORTS nowhere)" "add_subdirectory($here/port/cmake navette)"
refuses 'a port that is not there is named' none "no port 'nowhere'"
finish
