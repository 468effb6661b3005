import Foundation
import NIOCore
import WorkerContract

/// Every endpoint of both ports, once. Routing, the rights, 404 and 405 with `Allow`, the label of the metrics and the OpenAPI
/// document are derived from this table.
enum RouteTable {
  /// In the order of the OpenAPI document.
  static let endpoints: [Endpoint] = [
    Endpoint(
      "health", .get, "/health", access: .probe,
      description: .init("The process answers", answers: .json("Health")),
      .computes { endpoints, _, _, _ in endpoints.information.health() }),
    Endpoint(
      "ready", .get, "/ready", access: .probe,
      description: .init("A model is served", answers: .json("Ready"), others: [503: "NotReady"]),
      .computes { endpoints, _, _, _ in endpoints.information.ready() }),
    Endpoint(
      "predict", .post, "/predict", right: .predict,
      description: .init(
        "One prediction", body: .init(schema: "PredictionRequest", hasID: true), answers: .json("Prediction"),
        errors: [503]),
      .computesOrShares({ endpoints, call, body, lane in
        endpoints.predictions.predict(body, header: call.requestID, on: lane)
      }) { endpoints, call, body in
        await endpoints.predictions.predict(body, header: call.requestID, held: call.held, on: endpoints.lanes)
      }),
    Endpoint(
      "predict_batch", .post, "/predict/batch", right: .predict,
      description: .init(
        "Many predictions, which fail one by one", body: .init(schema: "BatchRequest", hasID: true),
        answers: .json("BatchAnswer"), errors: [503]),
      .computesOrShares({ endpoints, call, body, lane in
        endpoints.predictions.predictBatch(body, header: call.requestID, on: lane)
      }) { endpoints, call, body in
        await endpoints.predictions.predictBatch(
          body, header: call.requestID, held: call.held, on: endpoints.lanes)
      }),
    Endpoint(
      "feedback", .post, "/feedback", right: .feedback,
      description: .init(
        "The truth about predictions", body: .init(schema: "Feedback"), answers: .json("FeedbackAnswer"), errors: [503]),
      .computes { endpoints, _, body, _ in endpoints.predictions.feedback(body) }),
    Endpoint(
      "model_info", .get, "/model/info",
      description: .init("Versions, roles, classes and features", answers: .json("ModelInfo"), errors: [503]),
      .computes { endpoints, _, _, _ in endpoints.information.modelInfo() }),
    Endpoint(
      "metrics", .get, "/metrics", access: .scrape,
      description: .init(
        "Metrics for Prometheus", answers: .text("text/plain"), .text("application/openmetrics-text")),
      .computes { endpoints, call, _, _ in endpoints.information.metricsText(accepting: call.accept) }),
    Endpoint(
      "metrics_summary", .get, "/metrics/summary",
      description: .init("Metrics for people", answers: .text("text/plain"), .json("MetricsSummary")),
      .computes { endpoints, call, _, _ in endpoints.information.metricsSummary(accepting: call.accept) }),
    Endpoint(
      "openapi", .get, "/openapi.json", description: .init("This document", answers: .json("Document"), errors: [503]),
      .computes { endpoints, call, _, _ in openAPI(endpoints, on: call.listener) }),
    Endpoint(
      "model_reload", .post, "/model/reload", access: .operator,
      description: .init(
        "Serve this routing table, or without a body the file's",
        body: .init(schema: "RoutingTable", isRequired: false),
        answers: .json("Reloaded"),
        others: [400: "NotReloaded", 409: "NotReloaded", 422: "NotReloaded", 503: "NotReloaded"]),
      .waits { endpoints, call, body in
        await endpoints.information.reload(Data(body.readableBytesView), by: call.authority)
      }),
    Endpoint(
      "logs", .get, "/logs", access: .admin, right: .logs,
      description: .init(
        "The prediction log", query: LogsEndpoint.parameters, answers: .json("Logs"), errors: [422, 500, 503]),
      .waits { endpoints, call, _ in await endpoints.logs.logs(call.target.parameters) }),
    Endpoint(
      "v2", .get, "/v2", dialect: .openInference, description: .init("the server", answers: .json("InferenceServer")),
      .computes { endpoints, _, _, _ in endpoints.inference.server() }),
    Endpoint(
      "v2_live", .get, "/v2/health/live", access: .probe, dialect: .openInference,
      description: .init("liveness", answers: .json("InferenceLive")),
      .computes { endpoints, _, _, _ in endpoints.inference.live() }),
    Endpoint(
      "v2_ready", .get, "/v2/health/ready", access: .probe, dialect: .openInference,
      description: .init("readiness", answers: .json("InferenceReady"), errors: [503]),
      .computes { endpoints, _, _, _ in endpoints.inference.ready() }),
    Endpoint(
      "v2_model", .get, "/v2/models/{model}", "/v2/models/{model}/versions/{version}", dialect: .openInference,
      description: .init("inputs and outputs", answers: .json("ModelMetadata"), errors: [404, 503]),
      .computes { endpoints, call, _, _ in endpoints.inference.model(call.route.names) }),
    Endpoint(
      "v2_model_ready", .get, "/v2/models/{model}/ready", "/v2/models/{model}/versions/{version}/ready",
      dialect: .openInference,
      description: .init("readiness of the model", answers: .json("ModelReady"), errors: [404, 503]),
      .computes { endpoints, call, _, _ in endpoints.inference.modelReady(call.route.names) }),
    Endpoint(
      "v2_infer", .post, "/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer", right: .predict,
      dialect: .openInference,
      description: .init(
        "predictions", body: .init(schema: "InferenceRequest", takesBinary: true, hasID: true),
        answers: .json("InferenceAnswer"), .text("application/octet-stream"), errors: [404, 503]),
      .computesOrShares({ endpoints, call, body, lane in
        endpoints.inference.infer(
          body, call.route.names, header: call.requestID, jsonLength: call.jsonLength, on: lane)
      }) { endpoints, call, body in
        await endpoints.inference.infer(
          body, call.route.names, header: call.requestID, jsonLength: call.jsonLength, held: call.held,
          on: endpoints.lanes)
      }),
  ]

  /// Labels of the metrics by position; the last one is that of paths which lead nowhere.
  static let labels = endpoints.map(\.label) + ["none"]

  /// The position of a path that leads nowhere.
  static let nowhere = endpoints.count

  /// A path without names.
  private struct Plain {
    let path: String
    let position: Int
  }

  /// A path with names, in its parts.
  private struct Named {
    let parts: [Substring]
    let position: Int
  }

  private static let plain = lines.filter { !$0.path.contains("{") }.map { Plain(path: $0.path, position: $0.position) }
  private static let named = lines.filter { $0.path.contains("{") }.map {
    Named(parts: parts(of: $0.path[...]), position: $0.position)
  }

  private static var lines: [(path: String, position: Int)] {
    endpoints.indices.flatMap { position in endpoints[position].paths.map { ($0, position) } }
  }

  private static func parts(of path: Substring) -> [Substring] {
    path.split(separator: "/", omittingEmptySubsequences: false)
  }

  /// Where a path leads.
  /// - Parameter path: Without its query. A slash at its end changes nothing.
  static func route(_ path: Substring, on listener: Listener) -> Route {
    let path = path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? path.dropLast() : path
    guard let route = plainRoute(path) ?? namedRoute(path), route.access.isOffered(by: listener) else {
      return Route(position: nowhere)
    }
    return route
  }

  private static func plainRoute(_ path: Substring) -> Route? {
    let length = path.utf8.count
    for line in plain where line.path.utf8.count == length && line.path.utf8.elementsEqual(path.utf8) {
      return Route(position: line.position)
    }
    return nil
  }

  private static func namedRoute(_ path: Substring) -> Route? {
    guard path.hasPrefix("/v2/models/") else { return nil }
    let given = parts(of: path)
    for line in named where line.parts.count == given.count {
      if let route = route(given, by: line) { return route }
    }
    return nil
  }

  private static func route(_ given: [Substring], by line: Named) -> Route? {
    var route = Route(position: line.position)
    for (part, expected) in zip(given, line.parts) {
      switch expected {
      case "{model}" where !part.isEmpty: route.names.model = String(part)
      case "{version}" where !part.isEmpty: route.names.version = String(part)
      case part: break
      default: return nil
      }
    }
    return route
  }
}
