import Foundation
package import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The certificate and key that the server shows, from the files of a mounted Secret, read again when they change. New
/// connections get the new ones; those that are open go on with what they began with.
///
/// Guarantees: TLS 1.2 or newer; of TLS 1.2 only suites with ECDHE and AEAD, as TLS 1.3 has no others. Files that cannot be read or do not
/// belong together leave the last good pair in place.
package final class ServerCertificate: Service, Sendable {
  /// Where the two files are, as a Secret of type `kubernetes.io/tls` is mounted.
  package struct Place: Sendable, Equatable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }

    /// `tls.crt` and `tls.key` in a folder.
    package init(folder: String) {
      self.init(certificate: folder + "/tls.crt", key: folder + "/tls.key")
    }
  }

  package enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(path: String)
    case invalid(Place, reason: String)

    package var description: String {
      switch self {
      case .unreadable(let path):
        "The file \(path) cannot be read: mount a Secret with tls.crt and tls.key, or take TLS out."
      case .invalid(let place, let reason):
        "\(place.certificate) and \(place.key) are no certificate with its key in PEM: \(reason)."
      }
    }
  }

  private let place: Place
  private let interval: Duration
  private let logger: Logger
  private let contents: Mutex<Contents>

  private struct Contents {
    var context: NIOSSLContext
    var files: [Data]
    /// What was wrong the last time, told once.
    var problem: Problem?
  }

  /// Throws what is wrong with the files: a server without a certificate cannot begin.
  /// - Parameter interval: How often the files are looked at.
  package init(place: Place, interval: Duration = .seconds(1), logger: Logger) throws(Problem) {
    self.place = place
    self.interval = interval
    self.logger = logger
    let files = try Self.files(at: place)
    contents = Mutex(Contents(context: try Self.context(files, place), files: files))
  }

  /// For the next connection.
  var context: NIOSSLContext { contents.withLock { $0.context } }

  private static func files(at place: Place) throws(Problem) -> [Data] {
    var files: [Data] = []
    for path in [place.certificate, place.key] {
      guard let file = try? Data(contentsOf: URL(fileURLWithPath: path)) else { throw .unreadable(path: path) }
      files.append(file)
    }
    return files
  }

  /// Those of TLS 1.2 that are forward secret and authenticate what they encrypt: neither RSA key exchange nor CBC.
  private static let suites: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]

  private static func context(_ files: [Data], _ place: Place) throws(Problem) -> NIOSSLContext {
    do {
      let chain = try NIOSSLCertificate.fromPEMBytes(Array(files[0]))
      let key = try NIOSSLPrivateKey(bytes: Array(files[1]), format: .pem)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
      configuration.minimumTLSVersion = .tlsv12
      configuration.cipherSuiteValues = Self.suites
      configuration.applicationProtocols = ["http/1.1"]
      // A client that does not say goodbye holds its connection no longer.
      configuration.shutdownTimeout = .seconds(1)
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw .invalid(place, reason: "\(error)")
    }
  }

  /// Looks at the content rather than the time of change: a Secret's files are swapped by a link, and are small. A key that
  /// does not yet belong to its certificate is tried again with the next look.
  private func load() {
    do throws(Problem) {
      let files = try Self.files(at: place)
      guard contents.withLock({ $0.files != files || $0.problem != nil }) else { return }
      let context = try Self.context(files, place)
      contents.withLock { $0 = Contents(context: context, files: files) }
      logger.info("a new certificate is shown to new connections", metadata: ["path": "\(place.certificate)"])
    } catch {
      let isNews = contents.withLock { contents in
        defer { contents.problem = error }
        return contents.problem != error
      }
      guard isNews else { return }
      logger.error("the last good certificate stays in use", metadata: ["problem": "\(error)"])
    }
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: self.interval)
        self.load()
      }
    }
  }
}
