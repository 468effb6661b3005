internal import CCurl
import Values

/// A curl easy handle and what has to live as long: what transfers of all protocols have in common. Lives on the loop's
/// thread; frees what it holds in `deinit`.
class CurlHandle {
  let easy: UnsafeMutableRawPointer
  /// Names the server in errors.
  private let origin: String
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var body: [UInt8] = []
  /// How much of the body libcurl has fetched.
  private var fetched = 0
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// nil: whatever is connected to is right.
  private var gate: Gate?

  private struct Gate {
    var rules: OutboundRules
    var host: String
    /// Why an address was not connected to.
    var refusal: OutboundRefusal?
  }

  init(origin: String) throws(TransportError) {
    guard let easy = curl_easy_init() else { throw .unavailable(reason: "libcurl has no memory for a transfer") }
    self.easy = easy
    self.origin = origin
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    set(CURLOPT_NOSIGNAL, 1)
    _ = apus_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_TCP_KEEPIDLE, 30)
    set(CURLOPT_TCP_KEEPINTVL, 10)
    _ = apus_curl_prepare_sockets(easy)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
  }

  deinit {
    curl_easy_cleanup(easy)
    for list in lists { curl_slist_free_all(list) }
    errorText.deallocate()
  }

  func set(_ option: CURLoption, _ value: Int) { _ = apus_curl_set_long(easy, option, value) }

  func set(_ option: CURLoption, _ value: String?) throws(TransportError) {
    guard value?.utf8.contains(0) != true, apus_curl_set_string(easy, option, value) == CURLE_OK else {
      throw .invalidRequest(origin: origin, reason: "libcurl refused an option")
    }
  }

  func set(_ option: CURLoption, blob: [UInt8]) throws(TransportError) {
    let code = blob.withUnsafeBytes { apus_curl_set_blob(easy, option, $0.baseAddress, $0.count) }
    guard code == CURLE_OK else {
      throw .invalidRequest(origin: origin, reason: "libcurl refused a certificate")
    }
  }

  /// Hands this over as libcurl asks for it. It cannot be rewound: libcurl never sends it a second time by itself.
  func feed(_ body: [UInt8]) {
    self.body = body
    _ = apus_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    _ = apus_curl_set_sink(easy, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let room = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
      return Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue().fetch(into: room)
    }
  }

  private func fetch(into room: UnsafeMutableRawBufferPointer) -> Int {
    let range = fetched..<min(body.count, fetched + room.count)
    guard willFetch(range) else { return Int(CURL_READFUNC_ABORT) }
    body[range].withUnsafeBytes { room.copyBytes(from: $0) }
    fetched = range.upperBound
    return range.count
  }

  /// Before libcurl gets this part of the body. Returns false to end the transfer.
  func willFetch(_ range: Range<Int>) -> Bool { true }

  /// An empty list is none.
  func set(_ option: CURLoption, lines: [String]) throws(TransportError) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        curl_slist_free_all(list)
        throw .unavailable(reason: "libcurl has no memory for a list")
      }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    _ = apus_curl_set_list(easy, option, list)
  }

  /// Trusts these certificates, in PEM, instead of the system's authorities.
  func trust(_ authority: [UInt8]) throws(TransportError) {
    try set(CURLOPT_CAINFO_BLOB, blob: authority)
    // Else the system's folder of authorities would be trusted as well.
    try set(CURLOPT_CAPATH, nil)
  }

  /// Refuses, here or at the moment of connecting, what `rules` do not allow for `host`. From here on errors have none of the
  /// server's own words: whoever named the host would read them.
  func hold(to rules: OutboundRules, host: String) throws(TransportError) {
    if let refusal = rules.refusal(of: host) { throw .notAllowed(origin: origin, refusal) }
    gate = Gate(rules: rules, host: host)
    // Unretained: libcurl calls back within transfers of this handle only.
    let code = apus_curl_set_gate(
      easy,
      { context, _, address in
        guard let context, let address else { return apus_curl_no_socket() }
        return Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue().open(address)
      }, Unmanaged.passUnretained(self).toOpaque())
    guard code == CURLE_OK else { throw .unavailable(reason: "libcurl cannot be held to addresses") }
  }

  private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = bytes.withUnsafeMutableBufferPointer { apus_curl_address(address, $0.baseAddress) }
    guard let gate, let target = NetworkAddress(bytes: bytes.prefix(Int(count))) else { return apus_curl_no_socket() }
    guard let refusal = gate.rules.refusal(of: target, for: gate.host) else { return apus_curl_open_socket(address) }
    self.gate?.refusal = refusal
    return apus_curl_no_socket()
  }

  static func missedDeadline(_ origin: String) -> TransportError {
    .timedOut(origin: origin, reason: "the deadline had passed before the request was sent")
  }

  func error(_ code: CURLcode) -> TransportError {
    // libcurl's own words name hosts and numbers, never headers.
    let detail = String(cString: errorText)
    let general = String(cString: curl_easy_strerror(code))
    let reason = detail.isEmpty ? general : detail
    // A server's certificate and its broken answers are quoted, but for OpenSSL's verdicts.
    let discreet = gate == nil || detail.hasPrefix("SSL certificate problem: ") ? reason : general
    switch code {
    case CURLE_COULDNT_CONNECT where gate?.refusal != nil:
      return .notAllowed(origin: origin, gate?.refusal ?? .notAllowed)
    case CURLE_COULDNT_RESOLVE_HOST: return .hostNotFound(origin: origin)
    case CURLE_COULDNT_RESOLVE_PROXY: return .connectionFailed(origin: origin, reason: "the proxy's host is not known")
    case CURLE_COULDNT_CONNECT, CURLE_PROXY: return .connectionFailed(origin: origin, reason: reason)
    case CURLE_ABORTED_BY_CALLBACK: return Self.missedDeadline(origin)
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(origin: origin, reason: reason)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
      return .tlsFailed(origin: origin, reason: discreet)
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_TOO_MANY_REDIRECTS:
      // libcurl quotes the URL here.
      return .invalidRequest(origin: origin, reason: String(cString: curl_easy_strerror(code)))
    default: return .interrupted(origin: origin, reason: discreet)
    }
  }
}

extension Duration {
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }

  /// Rounded up, and at least one: libcurl reads 0 as no limit.
  var wholeSeconds: Int { max(1, (milliseconds + 999) / 1000) }
}
