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

  /// nil where there is no such Secret.
  package func find(_ name: String, in namespace: String) async throws(SecretError) -> Secret? {
    do {
      return try await api.find(Secret.self, namespace: namespace, name: name)
    } catch {
      throw error.isForbidden ? .refused(access.secretsRefusal(name, in: namespace)) : .failed(error)
    }
  }

  /// A right that is there rarely goes: it is asked for again after ten minutes. One that is missing is asked for each time.
  private static let memory = 600.0

  /// That the operator may not read these Secrets, and the command that allows it; nil: it may, or there are none. Asks for
  /// the first of them, as a right is given for a namespace.
  func refusal(of names: [String], _ reader: CacheReader) async -> String? {
    guard let name = names.first else { return nil }
    let namespace = reader.namespace
    let now = time.monotonic()
    let left = allowed.withLock { $0[namespace] }.map { Self.memory - (now - $0) / .seconds(1) } ?? 0
    if left > 0 {
      reader.readOutside(believedFor: left)
      return nil
    }
    do {
      _ = try await find(name, in: namespace)
    } catch .refused(let words) {
      reader.readOutside()
      return words
    } catch {
      // Who sends will say so.
      reader.readOutside()
      return nil
    }
    reader.readOutside(believedFor: Self.memory)
    allowed.withLock { $0[namespace] = now }
    return nil
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
