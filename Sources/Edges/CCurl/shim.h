#ifndef APUS_CCURL_SHIM_H
#define APUS_CCURL_SHIM_H
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call:
// each wrapper fixes the type of the last argument.

static inline CURLcode apus_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*apus_curl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode apus_curl_set_sink(CURL *handle, CURLoption option, apus_curl_sink value) {
  return curl_easy_setopt(handle, option, value);
}

// Called for each new socket. A peer that has vanished without a word is noticed within a minute, whether there is
// something to be sent (TCP_USER_TIMEOUT) or not (keep-alive probes); children do not inherit the connection.
static inline int apus_curl_prepare_socket(void *context, curl_socket_t socket, curlsocktype purpose) {
  (void)context;
  (void)purpose;
  fcntl(socket, F_SETFD, FD_CLOEXEC);
#ifdef TCP_USER_TIMEOUT
  unsigned int milliseconds = 60000;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
#endif
  return CURL_SOCKOPT_OK;
}

static inline CURLcode apus_curl_prepare_sockets(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, apus_curl_prepare_socket);
}

typedef int (*apus_curl_opener)(void *context, curl_socket_t socket, curlsocktype purpose);

// In place of `apus_curl_prepare_sockets`: who opens sockets this way prepares them.
static inline CURLcode apus_curl_set_opener(CURL *handle, apus_curl_opener value, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, value);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, context) : code;
}

typedef curl_socket_t (*apus_curl_gate)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

// Asked before each connection, with the address that it is to reach: the resolved one, or the proxy's.
static inline CURLcode apus_curl_set_gate(CURL *handle, apus_curl_gate value, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context) : code;
}

// What a gate that agrees returns.
static inline curl_socket_t apus_curl_open_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype, address->protocol);
}

static inline curl_socket_t apus_curl_no_socket(void) { return CURL_SOCKET_BAD; }

// Copies the bytes of an IP address. Returns their number: 4, 16, or 0 for any other family. `addr` stands for a longer structure.
static inline int apus_curl_address(const struct curl_sockaddr *address, unsigned char bytes[16]) {
  if (address->family == AF_INET && address->addrlen >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in inner;
    memcpy(&inner, (const char *)address + offsetof(struct curl_sockaddr, addr), sizeof inner);
    memcpy(bytes, &inner.sin_addr, 4);
    return 4;
  }
  if (address->family == AF_INET6 && address->addrlen >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 inner;
    memcpy(&inner, (const char *)address + offsetof(struct curl_sockaddr, addr), sizeof inner);
    memcpy(bytes, &inner.sin6_addr, 16);
    return 16;
  }
  return 0;
}

typedef int (*apus_curl_closer)(void *context, curl_socket_t socket);

// Called in place of close() for each socket.
static inline CURLcode apus_curl_set_closer(CURL *handle, apus_curl_closer value, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, value);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, context) : code;
}

typedef int (*apus_curl_permission)(void *context, char *remote, char *local, int remote_port, int local_port);

static inline CURLcode apus_curl_set_permission(CURL *handle, CURLoption option, apus_curl_permission value) {
  return curl_easy_setopt(handle, option, value);
}

typedef int (*apus_curl_trace)(CURL *handle, curl_infotype type, char *bytes, size_t count, void *context);

// Who traces gets every command that goes out; nothing is printed.
static inline CURLcode apus_curl_set_trace(CURL *handle, apus_curl_trace value, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, value);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_DEBUGDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  return code;
}

// A recipient whom the server refuses does not keep the others from their mail. The option was renamed in 8.2.
static inline CURLcode apus_curl_allow_refused_recipients(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x080200
  return curl_easy_setopt(handle, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
#else
  return curl_easy_setopt(handle, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
#endif
}

// The bytes are copied: the caller may free them at once.
static inline CURLcode apus_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob;
  blob.data = (void *)bytes;
  blob.len = count;
  blob.flags = CURL_BLOB_COPY;
  return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode apus_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode apus_curl_multi_set_long(CURLM *handle, CURLMoption option, long value) {
  return curl_multi_setopt(handle, option, value);
}

// A macro whose value Swift does not import.
static inline size_t apus_curl_pause_writing(void) { return CURL_WRITEFUNC_PAUSE; }
#endif
