#pragma once
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

// What Swift's view of the C library lacks, for the same event loop: eventfd is not in its module map, prctl is variadic.

static inline int zmqx_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Lets what this process prints leave it line by line, also into a pipe.
static inline void zmqx_print_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

// Makes descendants whose parents end children of this process.
static inline int zmqx_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0, 0, 0); }

// Asks the kernel to send `signal` to this process when the thread that started it ends.
static inline int zmqx_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }
