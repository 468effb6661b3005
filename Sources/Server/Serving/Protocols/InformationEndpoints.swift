import Engine
import Exposition
import Foundation
import Tabular
import WorkerContract

/// What the server says about itself, and the operator's reload.
struct InformationEndpoints: Sendable {
  let holder: ServingHolder
  let metrics: ServingMetrics
  let controller: RoutingController
  let file: RoutingFile?

  /// Liveness: the process answers. It does not depend on the model, as a restart would not bring one.
  func health() -> Answer {
    var text = JSONText()
    text.raw(#"{"status":"ok","model_version":"#)
    text.raw(holder.state?.production?.quotedVersion ?? "null")
    text.raw("}")
    return Answer(200, text)
  }

  func ready() -> Answer {
    switch holder.readiness {
    case .ready:
      var text = JSONText()
      text.raw(#"{"ready":true,"revision":"#)
      text.integer(holder.state?.table.revision ?? 0)
      text.raw(#","model_version":"#)
      text.raw(holder.state?.production?.quotedVersion ?? "null")
      text.raw("}")
      return Answer(200, text)
    case .draining: return notReady("The server is shutting down.")
    case .notLoaded(let reason): return notReady(reason)
    }
  }

  private func notReady(_ reason: String) -> Answer {
    var text = JSONText()
    text.raw(#"{"ready":false,"error":"#)
    text.string(reason)
    text.raw("}")
    return Answer(503, text)
  }

  func modelInfo() -> Answer {
    guard let state = holder.state else { return .notLoaded(holder) }
    var text = JSONText(capacity: 1024)
    write(state, to: &text) { text in
      text.raw(#","last_failure":"#)
      if let failure = holder.failure { text.string(failure) } else { text.raw("null") }
      guard let version = state.production else { return }
      text.raw(#","classes":["#)
      text.raw(version.quotedClasses.joined(separator: ","))
      // The class that binary measures are about.
      text.raw(#"],"positive_class":"#)
      if version.target.isBinary { text.string(version.target.positiveClass) } else { text.raw("null") }
      text.raw(#","features":"#)
      text.array(version.pipeline.schema.features) { text, feature in
        text.raw(#"{"name":"#)
        text.string(feature.name)
        text.raw(#","type":"#)
        text.string(feature.type.rawValue)
        text.raw(#","nullable":"#)
        text.bool(feature.nullable)
        text.raw("}")
      }
    }
    return Answer(200, text)
  }

  /// - Parameters:
  ///   - paths: Those of the port that was asked.
  ///   - asksForToken: Whether that port asks for tokens.
  func openAPI(paths: JSONDocument, asksForToken: Bool) -> Answer {
    guard let state = holder.state, let version = state.production else { return .notLoaded(holder) }
    var text = JSONText(capacity: 16 << 10)
    OpenAPIDocument(state: state, version: version, asksForToken: asksForToken, paths: paths).document
      .write(to: &text)
    return Answer(200, text)
  }

  /// `{"namespace", "model", "revision", "versions": [{"version", "digest", "role", "weight"}]`, the rest, `}`
  private func write(_ state: ServingState, to text: inout JSONText, rest: (inout JSONText) -> Void) {
    text.raw(#"{"namespace":"#)
    text.string(state.table.namespace)
    text.raw(#","model":"#)
    text.string(state.table.model)
    text.raw(#","revision":"#)
    text.integer(state.table.revision)
    text.raw(#","versions":"#)
    text.array(state.table.entries) { text, entry in
      text.raw(#"{"version":"#)
      text.string(entry.version)
      text.raw(#","digest":"#)
      text.string(entry.digest)
      text.raw(#","role":"#)
      text.string(entry.role.rawValue)
      text.raw(#","weight":"#)
      text.integer(entry.weight)
      text.raw("}")
    }
    rest(&text)
    text.raw("}")
  }

  /// Takes the table in the body, or the file's where the body is empty. Answers when it is served, or why it is not.
  func reload(_ document: Data) async -> Answer {
    let result: Result<RoutingController.Outcome, RoutingError>
    if !document.isEmpty {
      result = await controller.apply(document)
    } else if let file {
      result = await file.load()
    } else {
      return .error(422, "The body is empty and the server has no routing file.")
    }
    switch result {
    case .success(let outcome):
      var text = JSONText(capacity: 512)
      write(outcome.state, to: &text) { text in
        text.raw(#","changed":"#)
        text.bool(outcome.isChange)
      }
      return Answer(200, text)
    case .failure(let error):
      var text = JSONText()
      text.raw(#"{"error":"#)
      text.string(error.description)
      text.raw(#","revision":"#)
      if let state = holder.state { text.integer(state.table.revision) } else { text.raw("null") }
      text.raw("}")
      return Answer(error.statusCode, text)
    }
  }

  func metricsText(accepting header: String?) -> Answer {
    let format = ExpositionFormat(accepting: header)
    return Answer(200, text: metrics.registry.text(format), contentType: format.contentType)
  }

  private static let summaryTypes = [AcceptedTypes.Offer("text/plain"), AcceptedTypes.Offer("application/json")]

  func metricsSummary(accepting header: String?) -> Answer {
    let summary = MetricsSummary(metrics.registry)
    guard AcceptedTypes(header).preferred(among: Self.summaryTypes) == 1 else {
      return Answer(200, text: summary.text, contentType: "text/plain; charset=utf-8")
    }
    return Answer(200, summary.json)
  }
}

extension RoutingError {
  var statusCode: Int {
    switch self {
    case .malformed: 400
    case .invalidTable, .otherModel: 422
    case .olderRevision, .conflictingRevision: 409
    case .unreadable, .version: 503
    }
  }
}
