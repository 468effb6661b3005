internal import CCurl

/// A curl easy handle set up for one mail.
final class MailHandle: CurlHandle {
  private let transfer: MailTransfer
  /// How much of the content libcurl has fetched.
  private var sent = 0

  /// A client without a name of its own in the DNS, such as a pod, says an address (RFC 5321, 4.1.4).
  private static let greeting = "/%5B127.0.0.1%5D"

  init(_ transfer: MailTransfer) throws(TransportError) {
    self.transfer = transfer
    let server = transfer.server
    try super.init(origin: server.origin)
    try set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    try set(CURLOPT_URL, server.origin + Self.greeting)
    // An HTTP proxy would take a mail for a request.
    try set(CURLOPT_PROXY, "")
    set(CURLOPT_FRESH_CONNECT, 1)
    set(CURLOPT_FORBID_REUSE, 1)
    setTimeouts(server.timeouts)
    try setTrust(server)
    try setEnvelope(transfer.mail)
    setSinks()
  }

  private func setTimeouts(_ timeouts: HTTPTimeouts) {
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeouts.connect.milliseconds))
    if let total = timeouts.total { set(CURLOPT_TIMEOUT_MS, max(1, total.milliseconds)) }
    if let idle = timeouts.idle { set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, (idle.milliseconds + 999) / 1000)) }
  }

  private func setTrust(_ server: MailServer) throws(TransportError) {
    set(CURLOPT_USE_SSL, Int(server.security == .startTLS ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue))
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    if let authority = server.certificateAuthority { try trust(authority) }
    guard let credentials = server.credentials else { return }
    guard server.security != .none else {
      throw .invalidRequest(origin: server.origin, reason: "the password would be sent in the clear")
    }
    try set(CURLOPT_USERNAME, credentials.username)
    try set(CURLOPT_PASSWORD, credentials.password)
    // Under TLS a challenge is worth nothing, and a server that hashes its passwords cannot answer it.
    try set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
  }

  private func setEnvelope(_ mail: Mail) throws(TransportError) {
    for address in [mail.sender] + mail.receivers {
      // Each stands in a command between angle brackets.
      let isSafe = address.utf8.allSatisfy {
        (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
      }
      guard isSafe, !address.isEmpty else {
        throw .invalidRequest(origin: transfer.server.origin, reason: "a mail address holds a character it must not")
      }
    }
    guard !mail.receivers.isEmpty else {
      throw .invalidRequest(origin: transfer.server.origin, reason: "the mail has no receiver")
    }
    try set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
    try set(CURLOPT_MAIL_RCPT, lines: mail.receivers.map { "<\($0)>" })
    _ = apus_curl_allow_refused_receivers(easy)
    set(CURLOPT_UPLOAD, 1)
    _ = apus_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(mail.content.count))
  }

  /// The contexts are unretained: the loop holds this object, and so the transfer, as long as libcurl may call back.
  private func setSinks() {
    _ = apus_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    _ = apus_curl_set_sink(easy, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let handle = Unmanaged<MailHandle>.fromOpaque(context).takeUnretainedValue()
      let rest = handle.transfer.mail.content.dropFirst(handle.sent).prefix(size * count)
      rest.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: buffer, count: size * count).copyBytes(from: $0) }
      handle.sent += rest.count
      return rest.count
    }
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    _ = apus_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    _ = apus_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    // What libcurl would print to the standard output.
    _ = apus_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    _ = apus_curl_set_trace(
      easy,
      { _, type, bytes, count, context in
        guard type == CURLINFO_HEADER_OUT, let context else { return 0 }
        let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
        transfer.note(command: UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
      }, context)
  }

  override func error(_ code: CURLcode) -> TransportError {
    guard code == CURLE_USE_SSL_FAILED else { return super.error(code) }
    return .tlsFailed(
      origin: transfer.server.origin, reason: "it does not offer STARTTLS, and nothing is sent in the clear")
  }
}
