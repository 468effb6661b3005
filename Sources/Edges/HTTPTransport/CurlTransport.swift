public import Values

/// How a transport meets servers: trust, identity, way. PEM bytes stay in memory, no file is written.
public struct TransportConfiguration: Sendable, Equatable {
  /// PEM; replaces the system's authorities. nil: the system's.
  public var certificateAuthority: [UInt8]?
  /// PEM, with intermediate certificates.
  public var clientCertificate: [UInt8]?
  /// PEM.
  public var clientKey: [UInt8]?
  /// The name that the server's certificate must have, where it is not the URL's host.
  public var serverName: String?
  /// false accepts any certificate.
  public var verifiesServer = true
  /// nil: as the environment says (`https_proxy`, `no_proxy` …), but never for loopback addresses.
  public var proxy: String?
  public var userAgent: String
  /// Whom this transport may connect to; nil: anybody. Of servers that somebody else names, every connection is held to this. Rules
  /// that name hosts follow no redirect, which would lead to another host.
  public var outbound: OutboundRules?

  public init(userAgent: String = "apus") {
    self.userAgent = userAgent
  }
}

extension TransportConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Keys and the proxy's password never show up.
  public var description: String {
    let parts = [
      certificateAuthority.map { _ in "own authority" }, clientCertificate.map { _ in "client certificate" },
      serverName.map { "server name \($0)" }, verifiesServer ? nil : "unverified server",
      proxy.map { "proxy \(TransportError.origin(of: $0))" },
    ]
    return "trust (\(parts.compactMap { $0 }.joined(separator: ", ")))"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// HTTP over libcurl: one thread with one event loop for all transfers of this transport, connections are reused, HTTP/2
/// is used where the server offers it over TLS. Its thread ends when the transport and all bodies it handed out are gone.
public final class CurlTransport: HTTPTransport {
  private let loop: CurlLoop
  private let configuration: TransportConfiguration

  /// Errors: `.unavailable` where libcurl cannot be started.
  public init(_ configuration: TransportConfiguration = TransportConfiguration()) throws(TransportError) {
    self.configuration = configuration
    loop = try CurlLoop(named: "apus-http")
  }

  deinit { loop.close() }

  public func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let (transfer, head) = try await start(request, isStreaming: false)
    return HTTPResponse(status: head.status, headers: head.headers, body: transfer.takeAll())
  }

  public func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let (transfer, head) = try await start(request, isStreaming: true)
    return HTTPStream(
      status: head.status, headers: head.headers, body: HTTPBody(source: CurlBodySource(transfer, self)))
  }

  private func start(
    _ request: HTTPRequest, isStreaming: Bool
  ) async throws(TransportError) -> (Transfer, Transfer.Head) {
    let transfer = Transfer(request, configuration, isStreaming: isStreaming, loop: loop)
    do throws(TransportError) {
      return (transfer, try await start(transfer))
    } catch let refusal {
      // Nothing was sent.
      guard case .notAllowed(_, .notAllowed) = refusal,
        configuration.outbound?.service(of: TransportError.host(of: request.url)) != nil
      else { throw refusal }
      let again = Transfer(request, configuration, isStreaming: isStreaming, isToService: true, loop: loop)
      do throws(TransportError) {
        return (again, try await start(again))
      } catch {
        // No Service has this name, so it was meant as a domain.
        if case .hostNotFound = error { throw refusal }
        throw error
      }
    }
  }

  private func start(_ transfer: Transfer) async throws(TransportError) -> Transfer.Head {
    guard !Task.isCancelled else { throw .cancelled }
    loop.add(transfer)
    return try await withTaskCancellationHandler {
      await transfer.head()
    } onCancel: {
      transfer.cancel()
    }.get()
  }
}

/// Ends the transfer when nobody can read it any more.
private final class CurlBodySource: HTTPBodySource {
  private let transfer: Transfer

  /// A body outlives the variable that held its transport.
  private let transport: CurlTransport

  init(_ transfer: Transfer, _ transport: CurlTransport) {
    self.transfer = transfer
    self.transport = transport
  }

  deinit { transfer.cancel() }

  func next() async throws(TransportError) -> [UInt8]? {
    let transfer = transfer
    return try await withTaskCancellationHandler {
      await transfer.nextChunk()
    } onCancel: {
      transfer.cancel()
    }.get()
  }
}
