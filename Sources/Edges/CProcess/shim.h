#pragma once
#include <malloc.h>
#include <spawn.h>

// glibc declares these only under _GNU_SOURCE, which Swift's own Glibc module is built without. Declared here again,
// they give a child its own session, its working directory and no descriptor of ours. glibc 2.34 and newer.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static const short apus_spawn_setsid = 0x80;
