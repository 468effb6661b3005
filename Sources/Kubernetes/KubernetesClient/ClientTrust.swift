internal import HTTPTransport
internal import KubernetesModel
import Synchronization

/// Who the client is towards TLS. Descriptions never show the key.
struct ClientCertificate: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
  /// PEM, with intermediate certificates.
  var certificate: [UInt8]
  /// PEM.
  var key: [UInt8]

  var description: String { "a client certificate" }
  var debugDescription: String { description }
}

/// Gives the transport that fits the trust of the moment. Files of authorities and client certificates are read again
/// every minute, after a failed TLS handshake and after 401; one that is unreadable or empty for a moment, while it is
/// renewed, leaves the old content in use. New content means new connections; what is under way ends on the old ones.
final class ClientTrust: Sendable {
  private struct State {
    var files: TransportConfiguration
    var readAt: Duration?
    var current: (configuration: TransportConfiguration, transport: any HTTPTransport)?
  }

  private let paths: TrustFiles
  private let fixed: (any HTTPTransport)?
  private let read: @Sendable (String) -> [UInt8]?
  private let time: TimeSource
  private let state: Mutex<State>

  /// - Parameter fixed: used for everything, whatever the configuration says.
  init(
    _ configuration: ClusterConfiguration, userAgent: String, fixed: (any HTTPTransport)?, time: TimeSource,
    read: @escaping @Sendable (String) -> [UInt8]? = ConfigurationSources.system.read
  ) {
    paths = configuration.trustFiles
    self.fixed = fixed
    self.read = read
    self.time = time
    var trust = configuration.trust
    trust.userAgent = userAgent
    state = Mutex(State(files: trust, readAt: nil))
  }

  private static let lifetime = Duration.seconds(60)

  /// - Parameter certificate: in place of the configuration's.
  ///
  /// Errors: `.configuration` where the HTTP client cannot be started.
  func transport(presenting certificate: ClientCertificate?) throws(KubernetesError) -> any HTTPTransport {
    if let fixed { return fixed }
    let now = time.monotonic()
    let result: Result<any HTTPTransport, TransportError> = state.withLock { state in
      if state.readAt.map({ now - $0 >= Self.lifetime }) ?? true {
        take(&state.files)
        state.readAt = now
      }
      var wanted = state.files
      if let certificate {
        wanted.clientCertificate = certificate.certificate
        wanted.clientKey = certificate.key
      }
      if let current = state.current, current.configuration == wanted { return .success(current.transport) }
      do throws(TransportError) {
        let transport = try CurlTransport(wanted)
        state.current = (wanted, transport)
        return .success(transport)
      } catch {
        return .failure(error)
      }
    }
    do {
      return try result.get()
    } catch {
      throw .configuration("the HTTP client cannot be started: \(error)")
    }
  }

  /// Reads the files again at the next request: a handshake has failed.
  func doubt() { state.withLock { $0.readAt = nil } }

  /// Reads the client's certificate again; false where nothing has changed.
  func renew() -> Bool {
    let now = time.monotonic()
    return state.withLock { state in
      let before = state.files
      take(&state.files)
      state.readAt = now
      return state.files != before
    }
  }

  private func take(_ configuration: inout TransportConfiguration) {
    if let bytes = content(paths.certificateAuthority) { configuration.certificateAuthority = bytes }
    // Both or none: a certificate and another one's key are of no use.
    if let path = paths.clientCertificate, let certificate = content(path) {
      guard paths.clientKey == nil || content(paths.clientKey) != nil else { return }
      configuration.clientCertificate = certificate
    }
    if let key = content(paths.clientKey) { configuration.clientKey = key }
  }

  private func content(_ path: String?) -> [UInt8]? {
    path.flatMap { read($0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
