#pragma once
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc declares sched_setattr since 2.41 only, and Swift can not call the variadic syscall(). Laid out as Linux has it
// (sched_setattr(2), SCHED_ATTR_SIZE_VER0).
struct apus_sched_attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

// How long the calling thread runs in one go where others wait, in nanoseconds, for threads of the usual policy; 0 where the
// system has taken it. Linux 6.12 and newer; older ones take it and change nothing.
static inline int apus_set_time_slice(uint64_t nanoseconds) {
  struct apus_sched_attributes attributes;
  memset(&attributes, 0, sizeof attributes);
  if (syscall(SYS_sched_getattr, 0, &attributes, (unsigned)sizeof attributes, 0) != 0) return -1;
  if (attributes.policy != 0) return -1;
  attributes.size = sizeof attributes;
  attributes.flags = 0;
  attributes.runtime = nanoseconds;
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
