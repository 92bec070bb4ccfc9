/* SPDX-License-Identifier: MIT */
/* walk.c: the producer. Walks the files and directories and cuts their text into blocks.
 *
 * Blocks are cut between words: the letters at the end of a full block, whose word may go on, move
 * to the next one; a word as long as a whole block makes that block grow. Small files share a
 * block, with a newline between them.
 *
 * Names that are still to be looked at lie on a stack, so that no more than one file or directory
 * is open at a time, however deep the tree is.
 *
 * After a call that parks, a coroutine may go on in another thread, whose errno is another one;
 * but a compiler may keep errno's address in a register. So system calls are made in functions
 * that make no call of goro, and that are not inlined into one that does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wordcount.h"

#define SYSTEM_CALL __attribute__((noinline)) static

#define READ_SIZE (BLOCK_SIZE / 4) /* with less room than that, a block is full */

struct walk {
	struct job *job;
	struct block *block; /* the one that is being filled */
	char **names;        /* a stack */
	size_t nnames, size;
	size_t given; /* so many of them, the lowest, come from the command line */
};

/* ---- system calls: each returns a negative errno on failure ---- */

SYSTEM_CALL int open_to_read(const char *name, int flags)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);

	return fd < 0 ? -errno : fd;
}

SYSTEM_CALL ssize_t read_some(int fd, char *to, size_t size)
{
	ssize_t n;

	do
		n = read(fd, to, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* What kind of file is it? The S_IF… of its mode. */
SYSTEM_CALL int kind_of(const char *name, int flags)
{
	struct stat st;

	return fstatat(AT_FDCWD, name, &st, flags) != 0 ? -errno : (int)(st.st_mode & S_IFMT);
}

static int push(struct walk *w, char *name)
{
	if (w->nnames == w->size) {
		size_t size = w->size == 0 ? 64 : w->size * 2;
		char **names = realloc(w->names, size * sizeof(*names));

		if (names == NULL)
			return -ENOMEM;
		w->names = names;
		w->size = size;
	}
	w->names[w->nnames++] = name;
	return 0;
}

static int push_joined(struct walk *w, const char *directory, const char *name)
{
	size_t n = strlen(directory), m = strlen(name);
	char *joined = malloc(n + m + 2);

	if (joined == NULL)
		return -ENOMEM;
	memcpy(joined, directory, n);
	if (n > 0 && joined[n - 1] != '/')
		joined[n++] = '/';
	memcpy(joined + n, name, m + 1);
	if (push(w, joined) == 0)
		return 0;
	free(joined);
	return -ENOMEM;
}

static bool is_skipped(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0;
}

/* Pushes what is in the directory; nothing if a build tree of CMake is, and that was not given. */
SYSTEM_CALL int list_directory(struct walk *w, const char *name, bool given)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return -errno;
	if (given || faccessat(dirfd(dir), "CMakeCache.txt", F_OK, 0) != 0) {
		while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL)
			if (!is_skipped(entry->d_name))
				rc = push_joined(w, name, entry->d_name);
		if (rc == 0)
			rc = -errno;
	}
	closedir(dir);
	return rc;
}

/* ---- blocks ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct block *block_make(struct walk *w, size_t size)
{
	struct block *b;

	if (size <= BLOCK_SIZE && chan_try_recv(w->job->spare, &b) == 0)
		return b;
	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	b = malloc(sizeof(*b) + size + 1);
	if (b != NULL)
		b->size = size, b->used = 0;
	return b;
}

/* Gives the block away, as it is. */
static int send(struct walk *w)
{
	struct block *b = w->block;
	int rc;

	b->text[b->used] = '\0';
	rc = chan_send(w->job->blocks, b);
	if (rc != 0)
		return rc; /* it is still ours */
	w->block = NULL;
	return 0;
}

/* There is a block afterwards with room to read. */
static int make_room(struct walk *w)
{
	struct block *b = w->block, *next;
	size_t cut, tail;
	int rc;

	if (b == NULL)
		return (w->block = block_make(w, BLOCK_SIZE)) != NULL ? 0 : -ENOMEM;
	if (b->size - b->used >= READ_SIZE)
		return 0;
	for (cut = b->used; cut > 0 && is_letter(b->text[cut - 1]); cut--)
		continue;
	if (cut == 0) { /* one long word */
		b = realloc(b, sizeof(*b) + b->size * 2 + 1);
		if (b == NULL)
			return -ENOMEM;
		b->size *= 2;
		w->block = b;
		return 0;
	}
	tail = b->used - cut;
	next = block_make(w, tail + READ_SIZE);
	if (next == NULL)
		return -ENOMEM;
	memcpy(next->text, b->text + cut, tail);
	next->used = tail;
	b->used = cut;
	rc = send(w);
	if (rc != 0)
		free(next);
	else
		w->block = next;
	return rc;
}

static void tell(struct walk *w, const char *name, int error)
{
	w->job->unreadable = true;
	if (!w->job->quiet)
		fprintf(stderr, "%swordcount: %s: %s\n", w->job->progress ? "\r\033[K" : "", name,
			goro_strerror(error));
}

/* Returns what ends the walk: no memory, or nobody takes the blocks any more. */
static int read_file(struct walk *w, const char *name, int flags)
{
	int fd = open_to_read(name, flags), rc;
	ssize_t n = 0;

	if (fd < 0) {
		tell(w, name, fd);
		return 0;
	}
	while ((rc = make_room(w)) == 0) {
		struct block *b = w->block;

		n = read_some(fd, b->text + b->used, b->size - b->used);
		if (n <= 0) {
			b->text[b->used++] = '\n'; /* the next file begins a new word */
			break;
		}
		b->used += (size_t)n;
		w->job->bytes += (uint64_t)n;
	}
	close(fd);
	if (n < 0)
		tell(w, name, (int)n);
	w->job->files++;
	return rc;
}

/* ---- the walk ---- */

/* One that was given is read whatever it is, and a symbolic link followed; of those found in a
 * directory only regular files and directories count. */
static int look_at(struct walk *w, const char *name, bool given)
{
	int kind = kind_of(name, given ? 0 : AT_SYMLINK_NOFOLLOW), rc = kind;

	if (kind == S_IFDIR) {
		rc = list_directory(w, name, given);
		if (rc == -ENOMEM)
			return rc;
	} else if (kind >= 0) {
		if (!given && kind != S_IFREG)
			return 0;
		return read_file(w, name, given ? 0 : O_NOFOLLOW | O_NONBLOCK);
	}
	if (rc < 0)
		tell(w, name, rc);
	return 0;
}

static int walk(struct walk *w)
{
	int rc = 0;

	for (int i = w->job->npaths; i > 0 && rc == 0; i--) { /* the first will be on top */
		char *name = strdup(w->job->paths[i - 1]);

		rc = name == NULL ? -ENOMEM : push(w, name);
		if (rc != 0)
			free(name);
	}
	w->given = w->nnames;
	while (rc == 0 && w->nnames > 0) {
		char *name = w->names[--w->nnames];
		bool given = w->nnames < w->given;

		if (given)
			w->given = w->nnames;
		rc = look_at(w, name, given);
		free(name);
	}
	if (rc == 0 && w->block != NULL && w->block->used > 0)
		rc = send(w);
	return rc;
}

void produce(struct job *job)
{
	struct walk w = { .job = job };
	int rc;

	goro_set_name("producer");
	rc = walk(&w);
	if (rc != 0 && rc != -EPIPE) /* that is a consumer's failure, and told already */
		fail(job, rc);
	while (w.nnames > 0)
		free(w.names[--w.nnames]);
	free(w.names);
	free(w.block);
	chan_close(job->blocks);
	goro_waitgroup_done(&job->running);
}
