#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh WAY SOURCE BUILD CMAKE CC VERSION: installs BUILD into a temporary folder, then builds
# and runs consumer.c with what is there, and tls.c if BUILD has that component. Fails with the output of
# the first thing that fails.
set -eu

way=$1 source=$2 build=$3 cmake=$4 cc=$5 version=$6
here=$source/tests/consumer
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
tls=$(test ! -f "$build/src/libgoro_tls.a" || echo ON)

# Says what is run, and shows its output only if it fails.
quietly() {
	if ! "$@" >"$dir/log" 2>&1; then
		echo "failed: $*"
		cat "$dir/log"
		exit 1
	fi
}

expect_run() {
	if [ "$("$@")" != "a coroutine ran" ]; then
		echo "failed: $*"
		exit 1
	fi
}

# The folder of goro.pc below a prefix.
pc_dir() {
	dirname "$(find "$1" -name goro.pc)"
}

# One program by pkg-config, with the shared libraries and, fully static, with the archives.
# by_module SOURCE MODULE LIBRARY
by_module() {
	cp "$here/$1" "$dir/consumer.c"
	quietly pkg-config --exists --print-errors "$2 = $version"
	# What pkg-config prints is quoted for a shell.
	eval "quietly $cc $warnings -o \"\$dir/shared\" \"\$dir/consumer.c\"" \
		"$(pkg-config --cflags --libs "$2")"
	eval "quietly $cc $warnings -static -o \"\$dir/static\" \"\$dir/consumer.c\"" \
		"$(pkg-config --static --cflags --libs "$2")"
	LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") expect_run "$dir/shared"
	expect_run "$dir/static"
	readelf -d "$dir/shared" | grep -q "NEEDED.*lib$3\.so\.0\]"
}

by_pkg_config() {
	PKG_CONFIG_PATH=$(pc_dir "$1")
	export PKG_CONFIG_PATH
	warnings="-std=c11 -Wall -Wextra -Wpedantic -Wcast-function-type -Werror"
	by_module consumer.c goro goro
	if readelf -d "$dir/shared" | grep -q 'NEEDED.*\(ssl\|crypto\)'; then
		echo "failed: goro needs OpenSSL"
		exit 1
	fi
	test -z "$tls" || by_module tls.c goro-tls goro_tls
}

build_with_cmake() {
	quietly "$cmake" -S "$1" -B "$dir/consumer" -DCMAKE_C_COMPILER="$cc" "$2" "$3" \
		"-DWANTED_TLS=$tls"
	quietly "$cmake" --build "$dir/consumer"
	expect_run "$dir/consumer/consumer_goro"
	expect_run "$dir/consumer/consumer_static"
	test -z "$tls" || expect_run "$dir/consumer/consumer_tls"
	test -z "$tls" || expect_run "$dir/consumer/consumer_tls_static"
}

by_find_package() {
	build_with_cmake "$here/find_package" "-DCMAKE_PREFIX_PATH=$1" "-DWANTED_VERSION=$version"
}

case $way in
pkg_config)
	quietly "$cmake" --install "$build" --prefix "$dir/prefix"
	by_pkg_config "$dir/prefix"
	test -f "$(find "$dir/prefix" -name LICENSE)"
	;;
find_package)
	quietly "$cmake" --install "$build" --prefix "$dir/prefix"
	by_find_package "$dir/prefix"
	;;
moved)
	quietly "$cmake" --install "$build" --prefix "$dir/first"
	mv "$dir/first" "$dir/second"
	by_pkg_config "$dir/second"
	by_find_package "$dir/second"
	;;
space)
	quietly "$cmake" --install "$build" --prefix "$dir/a prefix"
	by_pkg_config "$dir/a prefix"
	by_find_package "$dir/a prefix"
	;;
destdir)
	DESTDIR="$dir/stage" quietly "$cmake" --install "$build" --prefix /opt/goro
	test "$(ls "$dir/stage")" = opt
	by_pkg_config "$dir/stage/opt/goro"
	by_find_package "$dir/stage/opt/goro"
	;;
add_subdirectory)
	build_with_cmake "$here/add_subdirectory" "-DGORO_SOURCE=$source" "-DCMAKE_BUILD_TYPE="
	;;
*)
	echo "check.sh: no way called $way"
	exit 2
	;;
esac
