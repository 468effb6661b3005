#ifndef APUS_CZLIB_SHIM_H
#define APUS_CZLIB_SHIM_H
#include <zlib.h>

// The window that zlib has for gzip alone: the largest, plus 16 for the gzip header and trailer.
static const int apus_gzip_window = MAX_WBITS + 16;

// zlib's own names for these are macros, which Swift does not see.
static inline int apus_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
#endif
