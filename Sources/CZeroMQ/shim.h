#pragma once
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

// What Swift's view of the C library lacks, for the same event loop: eventfd is not in its module map, prctl is variadic.

static inline int zmqx_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Asks the kernel to send `signal` to this process when the thread that started it ends.
static inline int zmqx_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }
