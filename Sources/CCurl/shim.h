#ifndef APUS_CCURL_SHIM_H
#define APUS_CCURL_SHIM_H
#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call:
// each wrapper fixes the type of the last argument.
#endif
