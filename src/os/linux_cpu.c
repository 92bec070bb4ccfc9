/* SPDX-License-Identifier: MIT */
/* linux_cpu.c: how many CPUs this process may use.
 *
 * The affinity mask says which ones; a control group may in addition limit the time on them: a
 * quota of 150 ms in each period of 100 ms is one and a half CPUs, for which two threads are
 * right. Each ancestor's quota holds as well, so every directory from the process's own group up
 * to the mount point is looked at, in the unified hierarchy and in the v1 one that carries `cpu`
 * (both may be mounted). What cannot be read or makes no sense limits nothing.
 *
 * Where a group's directory is: /proc/self/cgroup gives its path within the hierarchy, and
 * /proc/self/mountinfo which part of the hierarchy (`root`) is mounted where. In a container the
 * group may lie outside of what is mounted; then the mount point itself is the best that can be
 * seen.
 *
 * Source: proc(5), cgroups(7), Documentation/admin-guide/cgroup-v2.rst and
 * scheduler/sched-bwc.rst of Linux.
 */
#include "os/linux_cpu.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

enum version { V1, V2 };

static FILE *open_below(const char *root, const char *path)
{
	char full[PATH_MAX];

	if ((size_t)snprintf(full, sizeof(full), "%s%s", root, path) >= sizeof(full))
		return NULL;
	return fopen(full, "re");
}

/* quota / period, rounded up; INT_MAX for "no limit", which is no number or a negative one. */
static int cpus_of(long long quota, long long period)
{
	if (quota <= 0 || period <= 0)
		return INT_MAX;
	if (quota / period >= INT_MAX)
		return INT_MAX;
	return (int)(quota / period + (quota % period != 0));
}

static long long read_number(const char *root, const char *dir, const char *name)
{
	char path[PATH_MAX];
	long long number = -1;
	FILE *f;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -1;
	f = open_below(root, path);
	if (f == NULL)
		return -1;
	if (fscanf(f, "%lld", &number) != 1)
		number = -1;
	fclose(f);
	return number;
}

static int quota_of_dir(const char *root, const char *dir, enum version version)
{
	long long quota = -1, period = -1;
	char path[PATH_MAX];
	FILE *f;

	if (version == V1)
		return cpus_of(read_number(root, dir, "cpu.cfs_quota_us"),
			read_number(root, dir, "cpu.cfs_period_us"));

	if ((size_t)snprintf(path, sizeof(path), "%s/cpu.max", dir) >= sizeof(path))
		return INT_MAX;
	f = open_below(root, path);
	if (f == NULL)
		return INT_MAX;
	if (fscanf(f, "%lld %lld", &quota, &period) != 2) /* "max 100000" */
		quota = -1;
	fclose(f);
	return cpus_of(quota, period);
}

/* The smallest quota from mount/group up to mount. `dir` is overwritten. */
static int quota_of_chain(const char *root, char *dir, size_t mount_len, enum version version)
{
	int least = INT_MAX;

	for (;;) {
		int cpus = quota_of_dir(root, dir, version);
		char *slash;

		if (cpus < least)
			least = cpus;
		slash = strrchr(dir, '/');
		if (slash == NULL || (size_t)(slash - dir) < mount_len)
			return least;
		*slash = '\0';
	}
}

/* Is `word` one of the comma-separated words of `list`? */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ',') &&
			(p[n] == '\0' || p[n] == ',' || p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

/* The path of this process's group: "<id>:<controllers>:<path>", with no controllers in v2. */
static bool find_group(const char *root, enum version version, char *group, size_t size)
{
	FILE *f = open_below(root, "/proc/self/cgroup");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && getline(&line, &room, f) > 0) {
		char *controllers = strchr(line, ':');
		char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (path == NULL)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (version == V2 ? *controllers != '\0' : !has_word(controllers, "cpu"))
			continue;
		found = (size_t)snprintf(group, size, "%s", path) < size;
	}
	free(line);
	fclose(f);
	return found;
}

/* mountinfo writes blanks and backslashes as \ooo. In place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
			s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* One line of mountinfo: "id parent maj:min ROOT MOUNT options [tags] - TYPE source OPTIONS". If
 * it mounts the hierarchy, the least quota of the group there. */
static int quota_of_mount(const char *root, char *line, enum version version, const char *group)
{
	char dir[PATH_MAX];
	char *tail = strstr(line, " - ");
	char *field[5], *type, *save = NULL;
	size_t mount_len, part_len;

	if (tail == NULL)
		return INT_MAX;
	*tail = '\0';
	type = tail + 3;
	if (version == V2 ? strncmp(type, "cgroup2 ", 8) != 0 : strncmp(type, "cgroup ", 7) != 0)
		return INT_MAX;
	if (version == V1) {
		char *options = strrchr(type, ' ');

		if (options == NULL || !has_word(options + 1, "cpu"))
			return INT_MAX;
	}
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (field[i] == NULL)
			return INT_MAX;
	}
	unescape(field[3]);
	unescape(field[4]);

	part_len = strcmp(field[3], "/") == 0 ? 0 : strlen(field[3]);
	if (strncmp(group, field[3], part_len) == 0 &&
		(group[part_len] == '/' || group[part_len] == '\0') && strstr(group, "/..") == NULL)
		group += part_len;
	else
		group = ""; /* not within what is mounted */
	if (strcmp(group, "/") == 0)
		group = "";
	mount_len = strlen(field[4]);
	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", field[4], group) >= sizeof(dir))
		return INT_MAX;
	return quota_of_chain(root, dir, mount_len, version);
}

static int quota_of_version(const char *root, enum version version)
{
	char group[PATH_MAX];
	char *line = NULL;
	size_t room = 0;
	int least = INT_MAX;
	FILE *f;

	if (!find_group(root, version, group, sizeof(group)))
		return INT_MAX;
	f = open_below(root, "/proc/self/mountinfo");
	if (f == NULL)
		return INT_MAX;
	while (getline(&line, &room, f) > 0) {
		int cpus = quota_of_mount(root, line, version, group);

		if (cpus < least)
			least = cpus;
	}
	free(line);
	fclose(f);
	return least;
}

int gr_cpu_quota(const char *root)
{
	int v1 = quota_of_version(root, V1);
	int v2 = quota_of_version(root, V2);

	return v1 < v2 ? v1 : v2;
}

/* The kernel refuses a mask with less room than it has CPUs, so the room is doubled. */
static int affinity(void)
{
	for (int room = 1024; room <= 1 << 20; room *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)room);
		size_t bytes = CPU_ALLOC_SIZE((size_t)room);
		int n = 0, rc;

		if (set == NULL)
			return 1;
		CPU_ZERO_S(bytes, set);
		rc = sched_getaffinity(0, bytes, set);
		if (rc == 0)
			n = CPU_COUNT_S(bytes, set);
		rc = rc == 0 ? 0 : errno;
		CPU_FREE(set);
		if (rc != EINVAL)
			return n > 0 ? n : 1;
	}
	return 1;
}

int gr_os_cpus(void)
{
	int saved = errno;
	int cpus = affinity();
	int quota = gr_cpu_quota("");

	errno = saved;
	return quota < cpus ? quota : cpus;
}
