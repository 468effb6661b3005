internal import Foundation
internal import Glibc

enum ProbeResult: Sendable, Equatable {
  case success
  case failure(String)
}

/// Performs a probe once.
struct ProbeRun: Sendable {
  let probe: ProbeSpecification
  let address: String
  /// Runs a command in the container's place.
  let exec: @Sendable ([String], Duration) async -> ProbeResult

  func result() async -> ProbeResult {
    switch probe.action {
    case .exec(let command): return await exec(command, probe.timeout)
    case .tcpSocket(let host, let port):
      let (host, timeout) = (host ?? address, probe.timeout)
      return await Self.blocking { SocketProbe(host: host, port: port, timeout: timeout).connectOnly() }
    case .httpGet(let host, let port, let path, let headers, let isSecure):
      let (host, timeout) = (host ?? address, probe.timeout)
      if isSecure {
        return await SecureProbe(host: host, port: port, timeout: timeout).get(path: path, headers: headers)
      }
      return await Self.blocking {
        SocketProbe(host: host, port: port, timeout: timeout).get(path: path, headers: headers)
      }
    }
  }

  private static let queue = DispatchQueue(label: "apus.probes", attributes: .concurrent)

  private static func blocking(_ body: @escaping @Sendable () -> ProbeResult) async -> ProbeResult {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}

/// One connection with a deadline for everything. Only literal IPv4 addresses: pods have nothing else.
private struct SocketProbe {
  let host: String
  let port: Int
  let deadline: ContinuousClock.Instant

  init(host: String, port: Int, timeout: Duration) {
    self.host = host == "localhost" ? "127.0.0.1" : host
    self.port = port
    deadline = .now.advanced(by: timeout)
  }

  func connectOnly() -> ProbeResult {
    withConnection { _ in .success }
  }

  func get(path: String, headers: [(name: String, value: String)]) -> ProbeResult {
    let path = path.hasPrefix("/") ? path : "/" + path
    let result = withConnection { descriptor in
      var request = "GET \(path) HTTP/1.1\r\n"
      let names = Set(headers.map { $0.name.lowercased() })
      if !names.contains("host") { request += "Host: \(host):\(port)\r\n" }
      if !names.contains("user-agent") { request += "User-Agent: kube-probe/1.32\r\n" }
      for header in headers { request += "\(header.name): \(header.value)\r\n" }
      request += "Accept: */*\r\nConnection: close\r\n\r\n"
      return exchange(Array(request.utf8), on: descriptor)
    }
    guard case .failure(let why) = result, !why.hasPrefix("HTTP probe") else { return result }
    return .failure("Get \"http://\(host):\(port)\(path)\": \(why)")
  }

  private func withConnection(_ body: (Int32) -> ProbeResult) -> ProbeResult {
    var destination = sockaddr_in()
    destination.sin_family = sa_family_t(AF_INET)
    destination.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    guard inet_pton(AF_INET, host, &destination.sin_addr) == 1 else {
      return .failure("dial tcp: \(host) is not an IPv4 address")
    }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return .failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    let code = withUnsafePointer(to: destination) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code != 0 {
      guard errno == EINPROGRESS else { return refused(errno) }
      guard wait(descriptor, POLLOUT) else { return refused(ETIMEDOUT) }
      var error: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
      guard error == 0 else { return refused(error) }
    }
    return body(descriptor)
  }

  private func refused(_ code: Int32) -> ProbeResult {
    let why = code == ETIMEDOUT ? "i/o timeout" : "connect: " + String(cString: strerror(code)).lowercased()
    return .failure("dial tcp \(host):\(port): \(why)")
  }

  private func exchange(_ request: [UInt8], on descriptor: Int32) -> ProbeResult {
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      return .failure("the request could not be sent")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while !answer.contains(0x0A), answer.count < 65_536 {
      guard wait(descriptor, POLLIN) else {
        return .failure("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { return .failure("EOF") }
      answer += buffer[0..<count]
    }
    let words = String(decoding: answer.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self).split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let code = Int(words[1]) else {
      return .failure("malformed HTTP response")
    }
    return (200..<400).contains(code) ? .success : .failure("HTTP probe failed with statuscode: \(code)")
  }

  private func wait(_ descriptor: Int32, _ events: Int32) -> Bool {
    while true {
      let left = deadline - .now
      guard left > .zero else { return false }
      var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let milliseconds = Int32(left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000)
      let ready = poll(&request, 1, max(1, milliseconds))
      if ready > 0 { return true }
      if ready == 0 { return false }
      guard errno == EINTR else { return false }
    }
  }
}
