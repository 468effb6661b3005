#ifndef APUS_CZLIB_SHIM_H
#define APUS_CZLIB_SHIM_H
#include <zlib.h>

// zlib's own names for these are macros, which Swift does not see.
static inline int apus_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
#endif
