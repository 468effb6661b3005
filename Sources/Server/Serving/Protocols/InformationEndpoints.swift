import Engine
import Exposition
import Foundation
import OperatorIdentity
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

  /// Bytes of a routing table: a ConfigMap holds no more.
  private static let largestTable = 1 << 20

  /// Takes the table in the body, or the file's where the body is empty. Answers when it is served, or why it is not.
  func reload(_ document: Data, by authority: Authority) async -> Answer {
    guard document.count <= Self.largestTable else {
      return .error(413, "A routing table has at most \(Self.largestTable) bytes.")
    }
    let source: RoutingController.Source
    switch authority {
    case .nobody:
      // Without keys the mounted file alone decides; whoever brings the very table that is served changes nothing.
      guard !document.isEmpty, let state = await controller.serving(document) else { return .operatorOnly(nil) }
      return served(.init(state: state, isChange: false))
    case .operator(let signedBody):
      guard OperatorCall.digest(of: document) == signedBody else { return .operatorOnly(.otherBody) }
      source = .push(mounted: file?.table)
    case .granted: source = .open
    }
    let result: Result<RoutingController.Outcome, RoutingError>
    if !document.isEmpty {
      result = await controller.apply(document, from: source)
    } else if let file {
      result = await file.load()
    } else {
      return .error(422, "The body is empty and the server has no routing file.")
    }
    switch result {
    case .success(let outcome): return served(outcome)
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

  private func served(_ outcome: RoutingController.Outcome) -> Answer {
    var text = JSONText(capacity: 512)
    write(outcome.state, to: &text) { text in
      text.raw(#","changed":"#)
      text.bool(outcome.isChange)
    }
    return Answer(200, text)
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
    case .invalidTable, .otherModel, .jump: 422
    case .olderRevision, .conflictingRevision: 409
    case .unreadable, .notMounted, .version: 503
    }
  }
}
