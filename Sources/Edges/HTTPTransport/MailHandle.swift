internal import CCurl
import Values

/// A curl easy handle set up for one mail.
final class MailHandle: CurlHandle {
  /// Outlives the handle: `MailTransfer.run` makes it.
  private unowned let transfer: MailTransfer
  private let start = ContinuousClock.now

  init(_ transfer: MailTransfer) throws(TransportError) {
    self.transfer = transfer
    let server = transfer.server
    try super.init(origin: server.origin)
    try set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    try set(CURLOPT_URL, "\(server.origin)/\(try hello())")
    // An HTTP proxy would take a mail for a request.
    try set(CURLOPT_PROXY, "")
    if let outbound = transfer.outbound {
      let service = transfer.isToService ? outbound.service(of: server.host) : nil
      try hold(to: outbound, host: service ?? server.host)
      if let service {
        try set(CURLOPT_CONNECT_TO, lines: ["\(server.host):\(server.port):\(service):\(server.port)"])
      }
    }
    set(CURLOPT_FRESH_CONNECT, 1)
    set(CURLOPT_FORBID_REUSE, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, server.timeouts.connect.milliseconds))
    setTimeouts(
      answer: server.timeouts.answer,
      total: server.timeouts.envelope(recipients: transfer.mail.recipients.count))
    try setTrust(server)
    try setEnvelope(transfer.mail)
    setSockets()
    setSinks()
  }

  /// Sends the mail. nil: the exchange ended as it should.
  func perform() -> MailError.Cause? {
    let code = curl_easy_perform(easy)
    switch code {
    case CURLE_OK: return nil
    case CURLE_USE_SSL_FAILED: return .noEncryption(origin: transfer.server.origin)
    case CURLE_LOGIN_DENIED: return .noLogin(origin: transfer.server.origin, offered: [])
    default: return .transport(error(code))
    }
  }

  private func hello() throws(TransportError) -> String {
    let domain = transfer.mail.sender.drop { $0 != "@" }.dropFirst()
    let name = transfer.server.hello ?? (domain.isEmpty ? "localhost" : String(domain))
    let isName = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
    guard isName, !name.isEmpty else {
      throw .invalidRequest(
        origin: transfer.server.origin, reason: "the name for EHLO is not a host name")
    }
    return name
  }

  private func setTimeouts(answer: Duration, total: Duration) {
    set(CURLOPT_TIMEOUT_MS, max(1, total.milliseconds))
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, answer.wholeSeconds)
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
    for address in [mail.sender] + mail.recipients {
      // Each stands in a command between angle brackets.
      let isSafe = address.utf8.allSatisfy {
        (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
      }
      guard isSafe, !address.isEmpty else {
        throw .invalidRequest(
          origin: transfer.server.origin, reason: "a mail address has a character that addresses cannot have")
      }
    }
    guard !mail.recipients.isEmpty else {
      throw .invalidRequest(origin: transfer.server.origin, reason: "the mail has no recipient")
    }
    try set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
    try set(CURLOPT_MAIL_RCPT, lines: mail.recipients.map { "<\($0)>" })
    _ = apus_curl_allow_refused_recipients(easy)
    set(CURLOPT_UPLOAD, 1)
    _ = apus_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(mail.content.count))
    feed(mail.content)
  }

  /// The server has asked for the content: from here on it has more time.
  override func willFetch(_ range: Range<Int>) -> Bool {
    let content = transfer.server.timeouts.content
    if range.lowerBound == 0 { setTimeouts(answer: content, total: start.duration(to: .now) + content) }
    return transfer.recordHandedOver(isLast: range.upperBound == transfer.mail.content.count)
  }

  /// Whoever cancels needs the sockets. The contexts are unretained: the transfer outlives this handle.
  private func setSockets() {
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    _ = apus_curl_set_opener(
      easy,
      { context, socket, purpose in
        guard let context else { return CURL_SOCKOPT_ERROR }
        let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
        guard transfer.recordOpened(socket) else { return CURL_SOCKOPT_ERROR }
        return apus_curl_prepare_socket(nil, socket, purpose)
      }, context)
    _ = apus_curl_set_closer(
      easy,
      { context, socket in
        guard let context else { return 1 }
        return Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().closeSocket(socket)
      }, context)
  }

  private func setSinks() {
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    _ = apus_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    _ = apus_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.recordAnswer(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    // What libcurl would print to the standard output.
    _ = apus_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    _ = apus_curl_set_trace(
      easy,
      { handle, type, bytes, count, context in
        guard type == CURLINFO_HEADER_OUT, let context else { return 0 }
        let command = UnsafeRawBufferPointer(start: bytes, count: count)
        let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
        transfer.recordCommand(command)
        if command.starts(with: "QUIT".utf8) {
          _ = apus_curl_set_long(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, transfer.server.timeouts.quit.wholeSeconds)
        }
        return 0
      }, context)
  }
}
