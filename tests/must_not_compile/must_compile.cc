// SPDX-License-Identifier: MIT
// must_compile.cc: in C++ the untyped functions are there, and nothing that C++ does not know.
// Names that the short names would break are ordinary names here.
#include <goro.h>

#if defined(chan_send) || defined(go) || defined(chan) || defined(GORO_GO)
#error "the typed macros are for C"
#endif

static void body(void *arg)
{
	goro_chan *c = static_cast<goro_chan *>(arg);
	int v = 1;

	goro_chan_send(c, &v);
}

int chan(int go)
{
	return go;
}

int main()
{
	goro_config config = GORO_CONFIG_INIT;
	goro_stats stats = GORO_STATS_INIT;
	goro_chan *c = goro_chan_make(sizeof(int), GORO_CHAN_UNBOUNDED);
	goro_mutex m = GORO_MUTEX_INIT;
	goro_sem s = GORO_SEM_INIT(1);
	int v = 0;
	bool ok = false;
	goro_case cases[] = { goro_case_recv(c, &v, &ok), goro_case_send(c, &v, nullptr) };
	goro_chan *t = goro_timer(GORO_SECOND);

	goro_stats_get(&stats);
	goro_chan_free(t);
	goro_mutex_try_lock(&m);
	goro_sem_try_acquire(&s);
	goro_select(cases, 2, goro_after(GORO_MILLISECOND));
	goro_go(body, c);
	return goro_run_config(&config, body, goro_chan_ref(c)) == 0 ? chan(0) : 1;
}
