import ApusAPI
import ControllerRuntime
import Decisions
package import KubernetesClient
import KubernetesModel
package import Logging
import Synchronization

/// Compares the CRDs of the cluster with the kinds as this operator knows them: at its start, and now and then afterwards. What
/// it cannot look at it says once and takes for good.
package final class InstalledDefinitions: Precondition {
  package let name = "crds"

  /// Why reconciles have to wait.
  package enum Hold: Sendable, Equatable {
    /// The API server did not answer yet.
    case unanswered(String)
    case older(String)

    /// Seconds until an object that waits is looked at again.
    var pause: Double {
      switch self {
      case .unanswered: 1
      case .older: 20
      }
    }
  }

  private struct State {
    var fit: DefinitionFit?
    var failures = 0
    var lastFailure = ""
    /// Generation and answer of each CRD as it was last read.
    var known: [String: (generation: Int, answer: DefinitionFit.Answer)] = [:]
  }

  private let api: any KubernetesAPI
  private let logger: Logger
  private let state = Mutex(State())

  package init(_ api: any KubernetesAPI, logger: Logger) {
    self.api = api
    self.logger = logger
  }

  package var hold: Hold? {
    state.withLock { state in
      switch state.fit {
      case .older(let message): .older(message)
      case .fits: nil
      case nil: state.failures < Self.patience ? .unanswered(state.lastFailure) : nil
      }
    }
  }

  package var problem: String? {
    switch hold {
    case .older(let message): message
    case .unanswered(let reason): "the CRDs were not compared yet" + (reason.isEmpty ? "" : ": \(reason)")
    case nil: nil
    }
  }

  /// So many looks in a row may get no answer before the operator works without one: lists and watches, without which it does
  /// nothing either, are answered by then.
  private static let patience = 5
  /// While people are expected to mend it.
  private static let soon = Duration.seconds(20)
  /// While the server gives no answer.
  private static let retry = DoublingPause(first: .seconds(1), longest: soon)
  /// A CRD changes with a release. Only its metadata is asked for, unless it has changed.
  private static let rarely = Duration.seconds(600)

  package func look() async -> Duration {
    var answers: [String: DefinitionFit.Answer] = [:]
    for definition in ResourceDefinition.all {
      do {
        answers[definition.objectName] = try await answer(definition)
      } catch {
        return noteFailure("\(error)")
      }
    }
    return adopt(DefinitionFit(answers))
  }

  private func noteFailure(_ reason: String) -> Duration {
    let failures = state.withLock { state in
      state.failures += 1
      state.lastFailure = reason
      return state.failures
    }
    if failures == Self.patience {
      logger.warning("the CRDs cannot be compared with this operator", metadata: ["error": "\(reason)"])
    }
    return Self.retry.after(failures: failures - 1)
  }

  private func adopt(_ fit: DefinitionFit) -> Duration {
    let before = state.withLock { state in
      state.failures = 0
      state.lastFailure = ""
      defer { state.fit = fit }
      return state.fit
    }
    if before != fit { log(fit, after: before) }
    if case .older = fit { return Self.soon }
    return Self.rarely
  }

  private func log(_ fit: DefinitionFit, after before: DefinitionFit?) {
    switch fit {
    case .older(let message): logger.error("\(message)")
    case .fits(let notes):
      if case .older = before { logger.notice("the CRDs fit this operator now, which goes on with its work") }
      for note in notes { logger.warning("\(note)") }
    }
  }

  /// Errors: those that may pass by themselves.
  private func answer(_ definition: ResourceDefinition) async throws(KubernetesError) -> DefinitionFit.Answer {
    let name = definition.objectName
    do {
      var request = APIRequest.get(APITarget(Resource.customDefinitions, name: name))
      if let known = state.withLock({ $0.known[name] }) {
        request.isMetadataOnly = true
        let metadata = try await api.perform(request)
        if metadata[path: "metadata", "generation"]?.integer == known.generation { return known.answer }
        request.isMetadataOnly = false
      }
      let stored = try await api.perform(request)
      let answer = DefinitionFit.Answer.compared(definition.gaps(in: stored))
      if let generation = stored[path: "metadata", "generation"]?.integer {
        state.withLock { $0.known[name] = (generation, answer) }
      }
      return answer
    } catch {
      state.withLock { $0.known[name] = nil }
      guard !error.isTransient else { throw error }
      if error.isForbidden {
        return .unknown("the operator may not read it; allow it to get customresourcedefinitions")
      }
      // Another server may serve the kinds, by API aggregation.
      if error.isNotFound { return .unknown("the API server has no such CRD") }
      return .unknown("\(error)")
    }
  }
}

extension ResourceDefinition {
  /// `modeldeployments.apus.dev`
  fileprivate var objectName: String { "\(resource.resource).\(resource.group)" }
}
