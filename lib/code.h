#ifndef CODE_H
#define CODE_H
/* Exit codes, the same in every program (rowferry(7)). Functions that run for main hand one on: stream_run, opts_take. */

enum code {
	CODE_OK = 0,	    /* did what was asked, or was told to stop and stopped cleanly */
	CODE_NO = 1,	    /* the honest no */
	CODE_LEASE = 99,    /* lease lost while held */
	CODE_USAGE = 100,   /* wrong use, rules, configuration, server setting: a person acts */
	CODE_BUG = 101,	    /* an invariant broke */
	CODE_DAMAGED = 102, /* the stream or the log is damaged or of an unknown version */
	CODE_OUTSIDE = 111  /* something outside failed: start again */
};

#endif
