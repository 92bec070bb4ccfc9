/* SPDX-License-Identifier: MIT */
/* main.c: wordcount, the most frequent words of files and directories, counted by all processors.
 *
 *     wordcount --top 20 ~/texts
 *
 * A program as one would write it with goro: a producer, a bounded channel, a pool of consumers, an
 * aggregator. wordcount.h has the picture.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wordcount.h"

enum { ALL_READ = 0, SOME_UNREADABLE = 1, FAILED = 2 };

struct options {
	char *const *paths;
	int npaths;
	int workers; /* 0: goro's choice */
	int top;     /* 0: all */
	bool compare;
};

static const char usage[] =
	"usage: wordcount [--workers N] [--top N] [--compare] [file or directory]...\n";

static const char help[] =
	"Prints the most frequent words of the files, and of those in the directories\n"
	"(default: the current one): one `count word' a line, ties in alphabetical order.\n"
	"A word is a run of ASCII letters; upper and lower case are the same.\n"
	"\n"
	"  -w, --workers N  so many threads count (default: one for each processor)\n"
	"  -t, --top N      so many words (default: 10; 0: all)\n"
	"  -c, --compare    count with one worker too, and tell on stderr how long both took\n"
	"  -h, --help       this text\n"
	"\n"
	"In directories symbolic links and special files are left out, and what is called\n"
	".git, and build trees (what holds a CMakeCache.txt); one that is named here is\n"
	"read whatever it is.\n"
	"\n"
	"Exit status: 0; 1: something could not be read, the rest was counted; 2: failed.\n";

/* The option's argument, a number of at least `least`; -1 if it is not. */
static int number(const char *text, int least)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < least || n > INT_MAX) {
		fprintf(stderr, "wordcount: %s: not a number of at least %d\n", text, least);
		return -1;
	}
	return (int)n;
}

/* Does not come back if there is nothing more to do. */
static void read_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{ "workers", required_argument, NULL, 'w' },
		{ "top", required_argument, NULL, 't' },
		{ "compare", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static char here[] = ".";
	static char *const default_paths[] = { here };
	int c;

	*o = (struct options){ .top = 10 };
	while ((c = getopt_long(argc, argv, "w:t:ch", known, NULL)) != -1) {
		if (c == 'w')
			o->workers = number(optarg, 1);
		else if (c == 't')
			o->top = number(optarg, 0);
		else if (c == 'c')
			o->compare = true;
		else if (c == 'h')
			exit(printf("%s\n%s", usage, help) < 0 || fflush(stdout) != 0 ? FAILED : 0);
		if (c == '?' || o->workers < 0 || o->top < 0) {
			fputs(usage, stderr);
			exit(FAILED);
		}
	}
	o->paths = argv + optind;
	o->npaths = argc - optind;
	if (o->npaths == 0)
		o->paths = default_paths, o->npaths = 1;
}

static int print_words(struct table *table, int top)
{
	size_t n = table_sort(table);

	if (top > 0 && (size_t)top < n)
		n = (size_t)top;
	for (size_t i = 0; i < n; i++) {
		const struct word *w = &table->words[i];

		printf("%" PRIu64 " ", w->count);
		fwrite(word_text(w), 1, word_length(w), stdout);
		putchar('\n');
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return errno != 0 ? -errno : -EIO;
}

/* Runs the job and tells if that fails. */
static int run(struct job *job, int workers, double *seconds)
{
	int64_t began = goro_now();
	int rc = count_words(job, workers);

	*seconds = (double)(goro_now() - began) / (double)GORO_SECOND;
	if (rc != 0)
		fprintf(stderr, "wordcount: %s\n", goro_strerror(rc));
	return rc;
}

/* Both counts find the files in memory: they have just been read. */
static int compare(const struct options *o)
{
	struct job one = { .paths = o->paths, .npaths = o->npaths, .quiet = true };
	struct job many = { .paths = o->paths, .npaths = o->npaths, .quiet = true };
	double one_took, many_took;
	int rc = run(&one, 1, &one_took);

	if (rc == 0)
		rc = run(&many, o->workers, &many_took);
	if (rc == 0)
		fprintf(stderr, "%d worker%s: %.2f s, 1 worker: %.2f s, %.2f times as fast\n",
			many.workers, many.workers == 1 ? "" : "s", many_took, one_took,
			one_took / many_took);
	table_free(one.total);
	table_free(many.total);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o;
	struct job job = { 0 };
	double seconds;
	int rc;

	read_options(&o, argc, argv);
	job.paths = o.paths;
	job.npaths = o.npaths;
	job.progress = isatty(STDERR_FILENO) == 1;
	rc = run(&job, o.workers, &seconds);
	if (rc == 0 && o.compare)
		rc = compare(&o);
	if (rc == 0) {
		rc = print_words(job.total, o.top);
		if (rc != 0)
			fprintf(stderr, "wordcount: standard output: %s\n", goro_strerror(rc));
	}
	table_free(job.total);
	return rc != 0 ? FAILED : job.unreadable ? SOME_UNREADABLE : ALL_READ;
}
