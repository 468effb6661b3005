internal import CCurl
import Values

/// A curl easy handle set up for one HTTP transfer.
final class EasyHandle: CurlHandle {
  private let transfer: Transfer
  private var headers: [String] = []

  init(_ transfer: Transfer, maximumAge: Int?) throws(TransportError) {
    self.transfer = transfer
    try super.init(origin: transfer.origin)
    if let maximumAge { set(CURLOPT_MAXLIFETIME_CONN, maximumAge) }
    try setUp()
  }

  private func setUp() throws(TransportError) {
    let request = transfer.request
    try setTarget()
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    set(CURLOPT_PIPEWAIT, request.url.hasPrefix("https") ? 1 : 0)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_FOLLOWLOCATION, transfer.followsRedirects ? 1 : 0)
    set(CURLOPT_MAXREDIRS, 10)
    if request.acceptsCompression { try set(CURLOPT_ACCEPT_ENCODING, "") }
    try set(CURLOPT_USERAGENT, transfer.configuration.userAgent)
    try setTimeouts(request)
    try setTrust()
    try setMessage(request)
    setSinks()
  }

  private func setTimeouts(_ request: HTTPRequest) throws(TransportError) {
    let timeouts = request.timeouts
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeouts.connect.milliseconds))
    var total = timeouts.total
    if let deadline = request.deadline {
      let rest = ContinuousClock.now.duration(to: deadline)
      guard rest > .zero else { throw Self.missedDeadline(transfer.origin) }
      total = total.map { min($0, rest) } ?? rest
      askBeforeSending()
    }
    if let total { set(CURLOPT_TIMEOUT_MS, max(1, total.milliseconds)) }
    if let idle = timeouts.idle {
      set(CURLOPT_LOW_SPEED_LIMIT, 1)
      set(CURLOPT_LOW_SPEED_TIME, idle.wholeSeconds)
    }
  }

  /// libcurl asks when the connection stands and the request is to go out next: it may have waited long for that, and the
  /// whole process may have been stopped.
  private func askBeforeSending() {
    _ = apus_curl_set_pointer(easy, CURLOPT_PREREQDATA, Unmanaged.passUnretained(transfer).toOpaque())
    _ = apus_curl_set_permission(easy, CURLOPT_PREREQFUNCTION) { context, _, _, _, _ in
      guard let context else { return CURL_PREREQFUNC_ABORT }
      let request = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().request
      let isInTime = request.deadline.map { ContinuousClock.now < $0 } ?? true
      return isInTime ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
  }

  private func setTrust() throws(TransportError) {
    let configuration = transfer.configuration
    if let pinned = transfer.request.pinnedCertificate {
      // The only anchor is the server's own certificate: without the key that belongs to it no chain ends there. Its names
      // say nothing more then.
      set(CURLOPT_SSL_VERIFYPEER, 1)
      set(CURLOPT_SSL_VERIFYHOST, 0)
      try trust(pinned)
    } else {
      set(CURLOPT_SSL_VERIFYPEER, configuration.verifiesServer ? 1 : 0)
      set(CURLOPT_SSL_VERIFYHOST, configuration.verifiesServer ? 2 : 0)
      if let authority = configuration.certificateAuthority { try trust(authority) }
    }
    if let certificate = configuration.clientCertificate { try set(CURLOPT_SSLCERT_BLOB, blob: certificate) }
    if let key = configuration.clientKey { try set(CURLOPT_SSLKEY_BLOB, blob: key) }
  }

  /// URL, proxy, and the detour for servers whose certificate has another name than the URL.
  private func setTarget() throws(TransportError) {
    guard let parsed = curl_url() else { throw .unavailable(reason: "libcurl has no memory for a URL") }
    defer { curl_url_cleanup(parsed) }
    guard curl_url_set(parsed, CURLUPART_URL, transfer.request.url, 0) == CURLUE_OK,
      let host = Self.part(parsed, CURLUPART_HOST)
    else {
      throw .invalidRequest(origin: transfer.origin, reason: "the URL is not valid; write http://… or https://…")
    }
    let isOwn = host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
    var proxy = transfer.configuration.proxy
    if let rules = transfer.configuration.outbound {
      // libcurl does not say beforehand whether it would use a proxy, whose address is no business of the rules.
      if proxy == nil, !isOwn {
        proxy = EnvironmentProxy.url(for: host, scheme: Self.part(parsed, CURLUPART_SCHEME) ?? "")
      }
      if proxy == nil {
        let service = transfer.isToService ? rules.service(of: host) : nil
        try hold(to: rules, host: service ?? host)
        try set(CURLOPT_PROXY, "")
        if let service, let port = Self.part(parsed, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)) {
          try set(CURLOPT_CONNECT_TO, lines: ["\(host):\(port):\(service):\(port)"])
        }
      } else if let refusal = rules.refusalThroughProxy(of: host) {
        throw .notAllowed(origin: transfer.origin, refusal)
      }
    } else if proxy == nil, isOwn {
      try set(CURLOPT_PROXY, "")
    }
    if let proxy {
      // Names are looked up by the proxy, which may see another network.
      try set(CURLOPT_PROXY, proxy.hasPrefix("socks5://") ? "socks5h" + proxy.dropFirst(6) : proxy)
      // Who names a proxy means it: the environment's exceptions are for the environment's proxies.
      try set(CURLOPT_NOPROXY, "")
    }
    guard let name = transfer.configuration.serverName, name != host, transfer.request.url.hasPrefix("https") else {
      return try set(CURLOPT_URL, transfer.request.url)
    }
    let port = Self.part(parsed, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)) ?? "443"
    guard curl_url_set(parsed, CURLUPART_HOST, name, 0) == CURLUE_OK, let url = Self.part(parsed, CURLUPART_URL),
      !name.utf8.contains(0)
    else {
      throw .invalidRequest(origin: transfer.origin, reason: "the server name '\(name)' is not valid")
    }
    try set(CURLOPT_CONNECT_TO, lines: ["\(name):\(port):\(host):\(port)"])
    // Only TLS knows the other name.
    if transfer.request.headers["host"] == nil {
      let isDefault = Self.part(parsed, CURLUPART_PORT) == nil
      headers.append("Host: \(host)\(isDefault ? "" : ":\(port)")")
    }
    try set(CURLOPT_URL, url)
  }

  private static func part(_ url: OpaquePointer, _ part: CURLUPart, flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private func setMessage(_ request: HTTPRequest) throws(TransportError) {
    switch request.method {
    case .get where request.body.isEmpty: set(CURLOPT_HTTPGET, 1)
    case .head: set(CURLOPT_NOBODY, 1)
    case .delete where request.body.isEmpty: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    default:
      set(CURLOPT_POST, 1)
      try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      _ = apus_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
      // A POST that was done and whose answer was lost must not be done twice behind the caller's back.
      if request.method == .post { feed(request.body) } else { try copy(request.body) }
      // No round trip before the body, and no content type that nobody asked for.
      headers.append("Expect:")
      if request.headers["content-type"] == nil { headers.append("Content-Type:") }
    }
    guard request.headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) <= Self.maximumHeaderBytes else {
      throw .invalidRequest(
        origin: transfer.origin, reason: "its headers are larger than \(Self.maximumHeaderBytes) bytes")
    }
    for (name, value) in request.headers {
      let isLine = !name.isEmpty && !(name + value).utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }
      guard isLine else {
        throw .invalidRequest(origin: transfer.origin, reason: "the header '\(name)' has a line break in it")
      }
      // A field without a value is written with a semicolon in libcurl's language.
      headers.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    try set(CURLOPT_HTTPHEADER, lines: headers)
  }

  /// What servers take at most by default, Go's among them.
  private static let maximumHeaderBytes = 1 << 20

  /// Copied by libcurl, which may send it again where a connection that was kept breaks at once.
  private func copy(_ body: [UInt8]) throws(TransportError) {
    let code = body.withUnsafeBytes { bytes in
      apus_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
    guard code == CURLE_OK else { throw .unavailable(reason: "libcurl has no memory for the body") }
  }

  /// The context is unretained: the loop holds this object, and so the transfer, as long as libcurl may call back.
  private func setSinks() {
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    _ = apus_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    _ = apus_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    _ = apus_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    _ = apus_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }
}
