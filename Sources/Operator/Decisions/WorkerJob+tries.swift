package import ApusAPI
import KubernetesModel
import Values
import WorkerContract

extension WorkerJob {
  /// Why the run's pod cannot start, and how its last try failed; nil while all is well.
  ///
  /// - Parameter previous: what was known before, as in `PodTrouble.blocker`.
  package func blocker(after previous: Blocker?) -> Blocker? {
    guard !isEnded else { return nil }
    let failure = lastTry
    let stuck = trouble.map { $0.blocker(fields, after: previous) } ?? refused
    guard let failure, var stuck else { return failure ?? stuck }
    stuck.message = "\(failure.message); \(stuck.message)"
    stuck.attempt = failure.attempt
    return stuck
  }

  private var refused: Blocker? {
    refusal.map(PodRefusal.init).map {
      Blocker(
        reason: Reason.podsRefused.rawValue, message: $0.sentence(of: "the pod of \(name)", fields), detail: $0.words)
    }
  }

  private var lastTry: Blocker? {
    guard let end = ends.last, end.exitCode != 0, let retries, failedTries > 0 else { return nil }
    let failure = self.failure(of: end)
    let all = retries + 1
    let state: String
    if isTrying {
      state = "attempt \(failedTries + 1) of \(all) is under way, the one before failed"
    } else if let next = nextTry {
      state = "attempt \(failedTries) of \(all) failed, next at \(next)"
    } else {
      state = "attempt \(failedTries) of \(all) failed"
    }
    return Blocker(reason: failure.reason, message: "\(state): \(failure.message)", attempt: failedTries)
  }

  private var failedTries: Int { ends.count { $0.exitCode != 0 } }

  /// Of the Job controller (Kubernetes documentation, Jobs, "Pod backoff failure policy").
  private static let pause = DoublingPause(first: .seconds(10), longest: .seconds(360))

  /// When the Job makes another pod; nil: it was the last.
  var nextTry: Timestamp? {
    guard let retries, failedTries <= retries, let end = ends.last?.finishedAt else { return nil }
    let pause = Self.pause.after(failures: failedTries - 1)
    return end.advanced(bySeconds: Double(pause.components.seconds)).wholeSeconds
  }
}
