package import Decisions
package import KubernetesClient
package import KubernetesModel
import Synchronization

/// Reads Secrets by name, where an administrator lets the operator do so, and keeps none. Pods mount theirs without it.
package final class SecretReader: Sendable {
  private let api: any KubernetesAPI
  private let access: OperatorAccess
  private let time: TimeSource
  /// When Secrets of a namespace could be read last.
  private let allowed = Mutex<[String: Duration]>([:])

  package init(_ api: any KubernetesAPI, _ access: OperatorAccess, time: TimeSource = .system) {
    self.api = api
    self.access = access
    self.time = time
  }

  /// nil where there is no such Secret. The operator's own keys are none that an object could name, though they may stand in its
  /// namespace: a channel would send them where it says.
  package func find(_ name: String, in namespace: String) async throws(SecretError) -> Secret? {
    guard name != OperatorAccess.keysSecret else { return nil }
    do {
      return try await api.find(Secret.self, namespace: namespace, name: name)
    } catch {
      throw error.isForbidden
        ? SecretError.refused(access.secretsRefusal(name, in: namespace)) : SecretError.failed(error)
    }
  }

  /// A right that is there rarely goes: it is asked for again after ten minutes. One that is missing is asked for each time.
  private static let memory = 600.0

  /// Whether Secrets of a namespace may be read.
  struct Verdict {
    /// That they may not, and the command that allows it.
    var refusal: String?
    /// Seconds for which the answer holds.
    var believedFor = Double.infinity
  }

  /// Asks for the first of the Secrets, as a right is given for a namespace.
  func verdict(on names: [String], in namespace: String) async -> Verdict {
    guard let name = names.first else { return Verdict() }
    let now = time.monotonic()
    let left = allowed.withLock { $0[namespace] }.map { Self.memory - (now - $0) / .seconds(1) } ?? 0
    if left > 0 { return Verdict(believedFor: left) }
    do {
      _ = try await find(name, in: namespace)
    } catch .refused(let words) {
      return Verdict(refusal: words, believedFor: 0)
    } catch {
      // Whoever needs the Secret will say so.
      return Verdict(believedFor: 0)
    }
    allowed.withLock { $0[namespace] = now }
    return Verdict(believedFor: Self.memory)
  }
}

/// Why a Secret could not be read.
package enum SecretError: Error, Sendable, CustomStringConvertible {
  /// The operator lacks the right; the sentence ends with the command that gives it.
  case refused(String)
  case failed(KubernetesError)

  package var description: String {
    switch self {
    case .refused(let words): words
    case .failed(let error): "\(error)"
    }
  }
}
