import ArgumentParser
import Artifacts
import Engine
import Foundation
import JSONLogging
import Logging
import PredictionLog
import Serving
import Telemetry
import UnixSignals
import WorkerContract

/// Serves a model's versions by a routing table.
@main
struct ApusServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-server",
    abstract: "Serves the versions of one model by a routing table.",
    discussion: """
      APUS_ARTIFACTS (file:///folder or s3://bucket/prefix) says where the versions are, APUS_TELEMETRY \
      (sqlite:///folder/file.sqlite or postgres://…) where predictions are logged. Without APUS_TELEMETRY nothing is \
      logged and feedback is refused.
      """)

  @Option(help: "The routing table's file, which is watched for changes.")
  var routing = "/etc/apus/routing/\(RoutingTable.fileName)"

  @Option(help: "Address to listen on. (default: POD_IP, else 0.0.0.0)")
  var host: String?

  @Option(help: "Port for clients; 0 takes any free one.")
  var port = 8080

  @Option(help: "Port for the operator; 0 takes any free one.")
  var adminPort = 8081

  @Option(
    help: "The largest body of a request, in bytes: at most half of --maximum-held. (default: 8 MiB, or that half)")
  var maximumBody: Int?

  @Option(help: "The largest batch, in rows.")
  var maximumBatch = RequestLimits().batch

  @Option(help: "The largest answer, in bytes. (default: 64 MiB, at most half of --maximum-held)")
  var maximumAnswer: Int?

  @Option(help: "The most steps of a request's explanations: leaves × depth² of the trees, for each row.")
  var maximumExplanation = RequestLimits().explanation

  @Option(
    help:
      "The most bytes of requests and answers that are held for clients at the same time. (default: 3/8 of the container's memory, 384 MiB without a limit, and at least twice --maximum-body)"
  )
  var maximumHeld: Int?

  @Option(
    help:
      "The most bytes of predictions that wait in memory to be stored. (default: 1/5 of the container's memory, 256 MiB at most and without a limit)"
  )
  var maximumLogged: Int?

  @Option(
    help:
      "File with tokens, one a line, of which clients must send one; read again when it changes. (default: none)")
  var tokenFile: String?

  @Option(help: "The same, for the admin port. (default: none)")
  var adminTokenFile: String?

  @Option(
    help:
      "FILE=RIGHT,RIGHT: a file of tokens for both ports whose bearers have only these rights: predict, feedback, logs; may be repeated."
  )
  var tokenGrant: [String] = []

  @Flag(
    help:
      "Let everybody who reaches the admin port change the routing table and read the log, as on a machine of one's own."
  )
  var openAdmin = false

  @Option(
    help:
      "PEM file with the certificate chain of the client port; read again when it changes. Needs --tls-key. (default: plain HTTP)"
  )
  var tlsCertificate: String?

  @Option(help: "PEM file with the certificate's private key.")
  var tlsKey: String?

  @Flag(help: "Use the certificate on the admin port as well.")
  var tlsAdmin = false

  @Option(
    help: "Origin of web pages that may call the client port, such as https://example.org, or *; may be repeated.")
  var corsOrigin: [String] = []

  @Option(
    help:
      "The most client connections at a time; fewer where the process may not have as many open files. A new one takes the place of one without a request."
  )
  var maximumConnections = 4096

  @Option(help: "Seconds for the head of a request to arrive, counted from its first byte.")
  var headTimeout = 10.0

  @Option(help: "Seconds for the whole body of a request to arrive.")
  var bodyTimeout = 300.0

  @Option(help: "Seconds after which a connection is closed that brings no request or takes no answers.")
  var idleTimeout = 75.0

  @Option(
    help:
      "Folder where predictions wait while the telemetry store is away. (default: beside the artifacts if they are on a volume, else in TMPDIR)"
  )
  var spill: String?

  @Option(help: "Seconds during which requests are still served on shutdown, after /ready has turned to 503.")
  var drainSeconds = 2.0

  @Option(help: "What to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel = "info"

  func validate() throws {
    guard (0...65535).contains(port), (0...65535).contains(adminPort) else {
      throw ValidationError("A port is a number from 0 to 65535.")
    }
    for grant in tokenGrant where Self.grant(grant) == nil {
      throw ValidationError(
        "--token-grant: '\(grant)' is not FILE=RIGHT,RIGHT with rights of predict, feedback and logs.")
    }
    let (mostBody, mostBatch) = (RequestLimits.mostBody, RequestLimits.mostBatch)
    guard (1...mostBody).contains(maximumBody ?? 1), (1...mostBatch).contains(maximumBatch), maximumConnections > 0
    else {
      throw ValidationError(
        "--maximum-body is from 1 to \(mostBody), --maximum-batch from 1 to \(mostBatch), and --maximum-connections greater than 0."
      )
    }
    guard [maximumAnswer, maximumHeld, maximumLogged].allSatisfy({ $0.map { $0 >= 1 << 20 } ?? true }),
      maximumExplanation > 0
    else {
      throw ValidationError(
        "--maximum-answer, --maximum-held and --maximum-logged are 1048576 or more, --maximum-explanation is greater than 0."
      )
    }
    if let maximumBody, let maximumHeld, maximumBody > maximumHeld / 2 {
      throw ValidationError(
        "--maximum-body is at most half of --maximum-held, which is \(maximumHeld): an answer needs room beside the body."
      )
    }
    guard corsOrigin.allSatisfy({ $0 == "*" || $0.contains("://") && !$0.hasSuffix("/") }) else {
      throw ValidationError("An origin is written as browsers send it: https://example.org, without a path; or *.")
    }
    guard [headTimeout, bodyTimeout, idleTimeout].allSatisfy({ $0 >= 1 && $0 <= 3600 }) else {
      throw ValidationError("--head-timeout, --body-timeout and --idle-timeout are from 1 to 3600 seconds.")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil), tlsCertificate != nil || !tlsAdmin else {
      throw ValidationError("--tls-certificate and --tls-key are given together, and --tls-admin only with them.")
    }
    guard drainSeconds >= 0, drainSeconds <= 20 else { throw ValidationError("--drain-seconds is from 0 to 20.") }
    guard Logger.Level(rawValue: logLevel) != nil else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("There is no log level '\(logLevel)'; there are \(levels).")
    }
  }

  private static func grant(_ text: String) -> TokenGrant? {
    guard let mark = text.lastIndex(of: "="), mark > text.startIndex else { return nil }
    let names = text[text.index(after: mark)...].split(separator: ",", omittingEmptySubsequences: false)
    let rights = names.compactMap { ServingRight(rawValue: String($0)) }
    return rights.count == names.count ? TokenGrant(path: String(text[..<mark]), rights: Set(rights)) : nil
  }

  func run() async throws {
    Allocator.economise()
    let environment = ProcessInfo.processInfo.environment
    let level = Logger.Level(rawValue: logLevel) ?? .info
    LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
    let logger = Logger(label: "apus-server")
    guard let artifacts = environment[RunEnvironment.artifacts], !artifacts.isEmpty else {
      throw ValidationError("APUS_ARTIFACTS is not set; write file:///folder or s3://bucket/prefix.")
    }
    let telemetry = environment[RunEnvironment.telemetry].flatMap { $0.isEmpty ? nil : $0 }
    if telemetry == nil { logger.warning("APUS_TELEMETRY is not set: predictions are not logged") }
    let location = telemetry.flatMap { try? TelemetryLocation($0) }
    if let unproven = location?.unprovenServer { logger.warning("the telemetry store: \(unproven)") }
    var log = PredictionLog.Configuration(spillFolder: spillFolder(telemetry ?? "", artifacts, environment))
    log.formerSpillFolders = formerSpillFolders(telemetry ?? "", artifacts, environment)
    var configuration = ModelServer.Configuration(routingPath: routing, log: log)
    configuration.podAddress = environment[RunEnvironment.podIP].flatMap { $0.isEmpty ? nil : $0 }
    configuration.host = host ?? configuration.podAddress ?? "0.0.0.0"
    configuration.port = port
    configuration.adminPort = adminPort
    let shares = MemoryShares(limit: MemoryShares.containerLimit())
    let held = maximumHeld ?? max(shares.held, 2 * (maximumBody ?? 0))
    configuration.limits = RequestLimits(
      body: maximumBody ?? RequestLimits().body, batch: maximumBatch,
      answer: maximumAnswer ?? min(RequestLimits().answer, held / 2),
      explanation: maximumExplanation, held: held)
    configuration.adminHeld = shares.admin
    configuration.log.bytes = maximumLogged ?? shares.log
    configuration.tokenPath = tokenFile
    configuration.adminTokenPath = adminTokenFile
    configuration.tokenGrants = tokenGrant.compactMap(Self.grant)
    configuration.opensAdmin = openAdmin
    if let tlsCertificate, let tlsKey { configuration.certificate = .init(certificate: tlsCertificate, key: tlsKey) }
    configuration.encryptsAdmin = tlsAdmin
    configuration.timeouts.head = .seconds(headTimeout)
    configuration.timeouts.body = .seconds(bodyTimeout)
    configuration.timeouts.idle = .seconds(idleTimeout)
    configuration.crossOrigins = corsOrigin
    configuration.maximumConnections = DescriptorLimit.connections(atMost: maximumConnections)
    configuration.drainDelay = .seconds(drainSeconds)
    let server = try ModelServer(
      configuration: configuration, artifacts: try openArtifactStore(at: artifacts, environment: environment),
      telemetry: try telemetry.map { try openTelemetryStore(at: $0) }, logger: logger)
    try await server.run(gracefulShutdownSignals: [.sigterm, .sigint])
  }

  /// A folder for each telemetry store: what one server left there, another one with the same store may adopt. Beside the
  /// artifacts it outlives the pod. Its name says nothing about a password, and stays when that changes.
  private func spillFolder(_ telemetry: String, _ artifacts: String, _ environment: [String: String]) -> URL {
    if let spill { return URL(fileURLWithPath: spill) }
    let (volume, temporary) = spillPlaces(TelemetryLocation.withoutPassword(telemetry), artifacts, environment)
    return SpillPlace.first(of: volume.map { [$0] } ?? [], else: temporary)
  }

  /// Where releases up to 0.1.0 left rows: they hashed the whole URL.
  private func formerSpillFolders(_ telemetry: String, _ artifacts: String, _ environment: [String: String]) -> [URL] {
    guard spill == nil, TelemetryLocation.withoutPassword(telemetry) != telemetry else { return [] }
    let (volume, temporary) = spillPlaces(telemetry, artifacts, environment)
    return [volume, temporary].compactMap(\.self)
  }

  private func spillPlaces(
    _ telemetry: String, _ artifacts: String, _ environment: [String: String]
  ) -> (volume: URL?, temporary: URL) {
    let name = String(RequestHash.hash(telemetry, for: .routing), radix: 16)
    let temporary = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let volume = URL(string: artifacts).flatMap { $0.isFileURL ? $0.deletingLastPathComponent() : nil }
    return (
      volume?.appending(path: "spill/\(name)"), URL(fileURLWithPath: temporary).appending(path: "apus-spill-\(name)")
    )
  }
}
