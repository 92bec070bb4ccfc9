/* SPDX-License-Identifier: MIT */
/* linux_memory.c: reserving, guarding and discarding memory.
 *
 * Guards are markers where the kernel has them (MADV_GUARD_INSTALL, Linux 6.13): an entry of the
 * page table that says "fault", with no mapping of its own, so a million cost nothing but time.
 * What madvise() answers proves nothing: emulators take any advice and do nothing. The probe is
 * to let the kernel itself read the page: it can before there is a guard, and then can't.
 * GORO_GUARD=mprotect in the environment forces the other way, for tests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#ifndef PIDFD_SELF
#define PIDFD_SELF (-10000)
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

#define AT_ONCE 64u /* ranges; meanwhile nobody can map anything */

#define DEFAULT_MAX_MAP_COUNT 65530

static pthread_once_t probed = PTHREAD_ONCE_INIT;
static bool markers;

size_t gr_os_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int gr_os_reserve(size_t bytes, size_t align, void **out)
{
	size_t page = gr_os_page_size();
	size_t extra = align > page ? align - page : 0;
	char *p;

	if (bytes > SIZE_MAX - extra)
		return -ENOMEM;
	p = mmap(NULL, bytes + extra, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	if (extra > 0) {
		size_t before = (size_t)(-(uintptr_t)p & (align - 1));

		if (before > 0)
			munmap(p, before);
		if (before < extra)
			munmap(p + before + bytes, extra - before);
		p += before;
	}
	/* A huge page under a stack of which 4 KiB are used: no. Kernels without THP say EINVAL. */
	madvise(p, bytes, MADV_NOHUGEPAGE);
	*out = p;
	return 0;
}

void gr_os_release(void *addr, size_t bytes)
{
	munmap(addr, bytes);
}

/* Guards ------------------------------------------------------------------------------------ */

static void probe(void)
{
	const char *wish = getenv("GORO_GUARD");
	size_t page = gr_os_page_size();
	int saved = errno;
	char byte;
	void *p;

	if (wish != NULL && strcmp(wish, "mprotect") == 0)
		return;
	if (gr_os_reserve(page, 0, &p) == 0) {
		markers = gr_os_read_memory(&byte, p, 1) == 1 &&
			madvise(p, page, MADV_GUARD_INSTALL) == 0 &&
			gr_os_read_memory(&byte, p, 1) == 0;
		gr_os_release(p, page);
	}
	errno = saved;
}

bool gr_os_guard_is_marker(void)
{
	pthread_once(&probed, probe);
	return markers;
}

int gr_os_guard(void *addr, size_t bytes)
{
	if (gr_os_guard_is_marker() && madvise(addr, bytes, MADV_GUARD_INSTALL) == 0)
		return 0;
	/* Markers are refused in locked memory, for one. */
	return mprotect(addr, bytes, PROT_NONE) == 0 ? 0 : -ENOMEM;
}

/* Gives advice for many ranges in one call, as Linux can from 6.15 on, which has markers. False: not, or not for
 * all of them. */
static bool advise_at_once(const struct gr_os_range *ranges, size_t n, int advice)
{
	struct iovec told[AT_ONCE];
	size_t bytes = 0;

	if (!gr_os_guard_is_marker() || n > AT_ONCE)
		return false;
	for (size_t i = 0; i < n; i++) {
		told[i] = (struct iovec){ ranges[i].addr, ranges[i].bytes };
		bytes += ranges[i].bytes;
	}
	return syscall(SYS_process_madvise, PIDFD_SELF, told, n, advice, 0) == (ssize_t)bytes;
}

/* Half of what so many calls cost. */
int gr_os_guard_all(const struct gr_os_range *ranges, size_t n)
{
	int rc = 0;

	if (advise_at_once(ranges, n, MADV_GUARD_INSTALL))
		return 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = gr_os_guard(
			ranges[i].addr, ranges[i].bytes); /* once more, perhaps: it stays one */
	return rc;
}

/* A call interrupts every CPU that runs a thread of ours, which costs 12 to 15 us on a virtual machine; from Linux
 * 6.16 on one for many ranges does so once, and a page costs 1 us. */
void gr_os_discard_all(const struct gr_os_range *ranges, size_t n)
{
	int saved = errno;

	for (size_t some; n > 0; ranges += some, n -= some) {
		some = n < AT_ONCE ? n : AT_ONCE;
		if (some > 1 && advise_at_once(ranges, some, MADV_DONTNEED))
			continue;
		for (size_t i = 0; i < some; i++)
			madvise(ranges[i].addr, ranges[i].bytes, MADV_DONTNEED);
	}
	errno = saved;
}

size_t gr_os_guard_limit(void)
{
	size_t maps = DEFAULT_MAX_MAP_COUNT;
	FILE *f;

	if (gr_os_guard_is_marker())
		return SIZE_MAX;
	f = fopen("/proc/sys/vm/max_map_count", "re");
	if (f != NULL) {
		if (fscanf(f, "%zu", &maps) != 1)
			maps = DEFAULT_MAX_MAP_COUNT;
		fclose(f);
	}
	/* Four fifths for us, the rest for the program; a guard and what follows it: two each. */
	return maps / 5 * 4 / 2;
}

/* Output ------------------------------------------------------------------------------------ */

int gr_os_write_all(int fd, const void *data, size_t bytes)
{
	const char *p = data;
	int saved = errno;
	int rc = 0;

	while (bytes > 0) {
		ssize_t n = write(fd, p, bytes);

		if (n >= 0) {
			p += n;
			bytes -= (size_t)n;
		} else if (errno != EINTR) {
			rc = -errno;
			break;
		}
	}
	errno = saved;
	return rc;
}
