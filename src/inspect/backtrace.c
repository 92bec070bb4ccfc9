/* SPDX-License-Identifier: MIT */
#include "inspect/backtrace.h"

#include <dlfcn.h>
#include <string.h>

#include "os/os.h"

#define FRAMES_MAX 32u

/* What both processors keep at the frame pointer. */
struct record {
	uintptr_t fp; /* the caller's */
	uintptr_t pc; /* where the caller goes on */
};

void gr_backtrace_name(struct gr_text *t, uintptr_t address, bool call)
{
	uintptr_t inside = call && address != 0 ? address - 1 : address;
	const char *file;
	Dl_info info;

	if (dladdr((void *)inside, &info) == 0 || info.dli_fname == NULL) {
		gr_text_hex(t, address);
		return;
	}
	file = strrchr(info.dli_fname, '/');
	gr_text_str(t, file != NULL ? file + 1 : info.dli_fname);
	gr_text_str(t, "+");
	gr_text_hex(t, address - (uintptr_t)info.dli_fbase);
	if (info.dli_sname == NULL)
		return;
	gr_text_str(t, " (");
	gr_text_str(t, info.dli_sname);
	gr_text_str(t, "+");
	gr_text_hex(t, address - (uintptr_t)info.dli_saddr);
	gr_text_str(t, ")");
}

static bool read_record(const struct gr_frames *f, uintptr_t fp, struct record *out)
{
	if (f->copy == NULL)
		return gr_os_read_memory(out, (const void *)fp, sizeof(*out)) == sizeof(*out);
	if (fp < f->at || fp - f->at > f->size || f->size - (fp - f->at) < sizeof(*out))
		return false;
	memcpy(out, (const char *)f->copy + (fp - f->at), sizeof(*out));
	return true;
}

static void print_frame(struct gr_text *t, uintptr_t pc, bool call)
{
	gr_text_str(t, "\t");
	gr_backtrace_name(t, pc, call);
	gr_text_str(t, "\n");
}

void gr_backtrace_print(struct gr_text *t, const struct gr_frames *f)
{
	uintptr_t fp = f->here.fp;
	uintptr_t above = f->here.sp;
	struct record r;

	print_frame(t, f->here.pc, f->copy != NULL);
	if (f->caller != 0)
		print_frame(t, gr_context_plain(f->caller), true);
	for (unsigned i = 1; fp >= above && fp % sizeof(uintptr_t) == 0; i++) {
		if (f->high < sizeof(r) || fp > f->high - sizeof(r))
			return;
		if (i == FRAMES_MAX) {
			gr_text_str(t, "\t...\n");
			return;
		}
		if (!read_record(f, fp, &r) || r.pc == 0)
			return;
		print_frame(t, gr_context_plain(r.pc), true);
		above = fp + 1;
		fp = r.fp;
	}
}
