#pragma once
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

// Which clang module shows `struct stat` to Swift depends on the order in which modules are read, and with it whether a file
// may use the struct's members. So it stays in C.

/// Device and number of a file: another file in its place differs. All zero where there is none.
typedef struct {
  uint64_t device;
  uint64_t number;
} apus_file_identity;

static inline apus_file_identity apus_identity(int failed, const struct stat *status) {
  apus_file_identity identity = {0, 0};
  if (!failed) {
    identity.device = (uint64_t)status->st_dev;
    identity.number = (uint64_t)status->st_ino;
  }
  return identity;
}

static inline apus_file_identity apus_identity_of_descriptor(int descriptor) {
  struct stat status;
  return apus_identity(fstat(descriptor, &status), &status);
}

/// Names of the file in folders: 0 where it was deleted, or where the descriptor is none.
static inline uint64_t apus_links_of_descriptor(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) ? 0 : (uint64_t)status.st_nlink;
}

/// Whether it is a plain file: no folder, pipe, socket or device.
static inline int apus_is_plain_file(int descriptor) {
  struct stat status;
  return !fstat(descriptor, &status) && S_ISREG(status.st_mode);
}

static inline int apus_is_folder(int descriptor) {
  struct stat status;
  return !fstat(descriptor, &status) && S_ISDIR(status.st_mode);
}

/// A descriptor that only says which file a path leads to: nothing is opened, so that no pipe waits and no device notices.
/// Negative, and errno, on failure.
static inline int apus_locate(const char *path) { return open(path, __O_PATH | O_CLOEXEC); }

static inline apus_file_identity apus_identity_at(const char *path) {
  struct stat status;
  return apus_identity(stat(path, &status), &status);
}
