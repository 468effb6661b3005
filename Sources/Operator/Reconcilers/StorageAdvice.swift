import ControllerRuntime
package import Decisions
import KubernetesModel
package import Logging
import Synchronization
import Telemetry

/// What the storage settings leave open: told in the log once, and below `/readyz/storage?verbose` for as long as it is so.
package final class StorageAdvice: Precondition {
  package let name = "storage"
  package let warning: String?
  private let logger: Logger
  private let isTold = Mutex(false)

  package init(_ storage: OperatorSettings.Storage, logger: Logger) {
    let advice = Self.advice(storage)
    warning = advice.isEmpty ? nil : advice.joined(separator: "; ")
    self.logger = logger
  }

  /// It works, for now.
  package var problem: String? { nil }

  package func look() async -> Duration {
    let isNews = isTold.withLock { told in
      defer { told = true }
      return !told
    }
    if isNews, let warning { logger.warning("storage settings: \(warning)") }
    return .seconds(86_400)
  }

  package static func advice(_ storage: OperatorSettings.Storage) -> [String] {
    // Of a Secret the operator, the workers and the servers say so when they read it.
    guard storage.telemetrySecret == nil, let location = try? TelemetryLocation(storage.telemetryLocation(in: "n"))
    else {
      return []
    }
    var advice: [String] = []
    if location.hasPassword {
      advice.append(
        "storage.telemetry holds a password, which everyone can read who may read pods or this ConfigMap; put the URL into a "
          + "Secret of each namespace with models and name it in storage.telemetrySecret (this operator still works with it, "
          + "the release after 0.1 refuses it)")
    }
    if let unproven = location.unprovenServer { advice.append("storage.telemetry: \(unproven)") }
    return advice
  }
}
