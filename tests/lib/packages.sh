# SPDX-License-Identifier: MIT
# packages.sh: what the scripts need of the distribution; to be sourced, by a POSIX shell.
#
#   need_build   a C compiler, CMake, Ninja
#   need_tests   what the tests need beyond that
#   need_for P   what the preset P needs beyond that
#
# Each looks for the programs and libraries, not for the packages: where they are, nothing is
# installed and no network is used. Otherwise Debian's packages of them are installed, which takes
# root or sudo.

missing=

# want PACKAGE COMMAND...: the package is missing unless the command succeeds.
want() {
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# Debian has one of each version, out of the path.
has_initdb() {
	have initdb || ls /usr/lib/postgresql/*/bin/initdb
}

# Does the C compiler $1 compile and link a program that has the line $2, with the flags that
# follow?
links() {
	links_cc=$1 links_line=$2
	shift 2
	printf '%s\nint main(void) { return 0; }\n' "$links_line" |
		"$links_cc" -x c -o /dev/null - "$@"
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		echo "$0: to install packages, be root or have sudo" >&2
		return 1
	fi
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# put_there FILE MODE TEXT...: a file of these lines, for a while.
put_there() {
	put=$1 put_mode=$2
	shift 2
	[ ! -e "$put" ] || return 0
	as_root mkdir -p "${put%/*}"
	printf '%s\n' "$@" | as_root tee "$put" >/dev/null
	as_root chmod "$put_mode" "$put"
	put_files="$put_files $put"
}

# Installs, and starts none of the servers among it, which the tests do by themselves: invoke-rc.d asks
# the first of the files, and where there is no systemd starting may fail; postgresql asks the other
# whether to make a first cluster.
apt_install() {
	(
		put_files=
		# shellcheck disable=SC2086
		trap '[ -z "$put_files" ] || as_root rm -f $put_files' EXIT
		trap 'exit 1' HUP INT TERM
		put_there /usr/sbin/policy-rc.d 755 '#!/bin/sh' 'exit 101'
		put_there /etc/postgresql-common/createcluster.conf 644 'create_main_cluster = false'
		apt_get install -qq -y --no-install-recommends "$@" </dev/null
	)
}

# Installs what is missing. The lists of packages are fetched anew only if they prove stale.
install_missing() {
	[ -n "$missing" ] || return 0
	echo "$0: installing$missing"
	if ! have apt-get; then
		echo "$0: there is no apt-get here; install what corresponds to:$missing" >&2
		exit 1
	fi
	# shellcheck disable=SC2086 # a list of names
	if ! apt_install $missing; then
		apt_get update -qq </dev/null || true # one dead source need not matter
		# shellcheck disable=SC2086
		if ! apt_install $missing; then
			echo "$0: could not install$missing" >&2
			exit 1
		fi
	fi
	missing=
}

need_build() {
	want gcc have cc
	want libc6-dev links cc '#include <pthread.h>'
	want cmake have cmake
	want ninja-build have ninja
	want pkg-config have pkg-config
	want libuv1-dev pkg-config --exists libuv
	install_missing
}

need_tests() {
	want libcmocka-dev pkg-config --exists cmocka
	want libssl-dev pkg-config --exists openssl
	want openssl have openssl
	want netcat-openbsd have nc
	want curl have curl
	want libhttp-parser-dev links cc '#include <http_parser.h>' -lhttp_parser
	want redis-server have redis-server
	want libhiredis-dev links cc '#include <hiredis/hiredis.h>' -lhiredis
	want postgresql has_initdb
	want libpq-dev pkg-config --exists libpq
	want g++ have c++
	want binutils have readelf
	want diffutils have diff
	want python3 have python3
	install_missing
}

need_aarch64() {
	want gcc-aarch64-linux-gnu have aarch64-linux-gnu-gcc
	want libc6-dev-arm64-cross links aarch64-linux-gnu-gcc '#include <pthread.h>'
	want qemu-user have qemu-aarch64
	want libcmocka-dev:arm64 test -e /usr/lib/aarch64-linux-gnu/pkgconfig/cmocka.pc
	want libuv1-dev:arm64 test -e /usr/lib/aarch64-linux-gnu/pkgconfig/libuv.pc
	case $missing in
	*:arm64*)
		if have dpkg && ! dpkg --print-foreign-architectures | grep -qx arm64; then
			as_root dpkg --add-architecture arm64
			apt_get update -qq </dev/null || true
		fi
		;;
	esac
	install_missing
}

need_clang() {
	want clang have clang
	# The sanitizers' runtimes come with clang, or in a package of their own.
	install_missing
	want "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" \
		links clang '' -fsanitize=thread
	install_missing
}

need_for() {
	case $1 in
	dev | lto)
		want gcc have gcc
		;;
	coverage)
		want gcc have gcc
		want python3 have python3
		;;
	clang | tsan)
		need_clang
		;;
	valgrind)
		want valgrind have valgrind
		want libc6-dbg test -e /usr/lib/debug/.build-id
		;;
	aarch64 | aarch64-bti)
		need_aarch64
		;;
	tidy)
		want clang-tidy have clang-tidy
		need_clang
		;;
	format)
		want clang-format have clang-format
		;;
	esac
	install_missing
}
