#pragma once
#include <zlib.h>

// The window that zlib has for gzip alone: the largest, plus 16 for the gzip header and trailer.
static const int apus_gzip_window = MAX_WBITS + 16;
