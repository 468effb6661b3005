public import ArgumentParser
import ControllerRuntime
import Logging

/// The flags that every operator has. Each may also be given by the environment: see `EnvironmentArguments`.
public struct OperatorOptions: ParsableArguments, Sendable {
  @Option(help: "A kubeconfig; else KUBECONFIG, the pod's service account, or ~/.kube/config.")
  public var kubeconfig: String?

  @Option(help: "Look after this namespace only; else after all.")
  public var namespace: String?

  @Option(help: "Objects of a kind that are worked on at once.")
  public var workers = 2

  @Flag(inversion: .prefixedNo, help: "Work only while holding a Lease, so that one of several leads.")
  public var leaderElect = true

  @Option(help: "Seconds for which a leader that says nothing is believed in.")
  public var leaseDuration = 15.0

  @Option(help: "Seconds after which a leader that could not renew its Lease stops; shorter than the former.")
  public var renewDeadline = 10.0

  @Option(help: "Seconds between two renewals.")
  public var retryPeriod = 2.0

  @Option(help: "Where /metrics is served: host:port, :port, or 0.")
  public var metricsAddress = ListenAddress(port: 8080)

  @Flag(help: "Show metrics only to whom the cluster allows to get /metrics (TokenReview, SubjectAccessReview).")
  public var secureMetrics = false

  @Option(help: "Where /healthz and /readyz are served: host:port, :port, or 0.")
  public var healthAddress = ListenAddress(port: 8081)

  @Option(help: "trace, debug, info, notice, warning or error.")
  public var logLevel = "info"

  public init() {}

  public func validate() throws {
    guard Logger.Level(rawValue: logLevel) != nil else {
      throw ValidationError("--log-level: '\(logLevel)' is none of trace, debug, info, notice, warning, error")
    }
    guard (1...64).contains(workers) else { throw ValidationError("--workers: must be 1 to 64") }
    do {
      _ = try election
    } catch {
      throw ValidationError("--lease-duration, --renew-deadline, --retry-period: \(error)")
    }
  }

  var election: LeaderElectionSettings {
    get throws {
      let usable = [leaseDuration, renewDeadline, retryPeriod].allSatisfy { (0...86_400).contains($0) }
      guard usable else { throw ValidationError("must be seconds, at most a day") }
      return try LeaderElectionSettings(
        leaseDuration: .seconds(leaseDuration), renewDeadline: .seconds(renewDeadline),
        retryPeriod: .seconds(retryPeriod))
    }
  }

  /// The names of these flags, for `EnvironmentArguments`.
  public static let values = [
    "kubeconfig", "namespace", "workers", "lease-duration", "renew-deadline", "retry-period", "metrics-address",
    "health-address", "log-level",
  ]
  public static let switches = ["leader-elect", "secure-metrics"]
}
