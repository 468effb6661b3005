import Decisions
import HTTPTransport
import KubernetesModel
import WorkerContract

/// Evaluates a policy's PromQL queries: `GET /api/v1/query`.
///
/// A policy's author names the server and reads the outcome. So nothing that the server says reaches the outcome but a number, its
/// status and Prometheus' own kinds of errors.
struct PrometheusReader: Sendable {
  let transport: any HTTPTransport

  /// One reading for each query, in their order; what cannot be read says why.
  func readings(_ queries: [PerformanceRules.Query], _ reader: CacheReader) async -> [QueryReading] {
    if !queries.isEmpty { reader.readOutside() }
    var readings: [QueryReading] = []
    for query in queries { readings.append(await reading(query)) }
    return readings
  }

  func reading(_ query: PerformanceRules.Query) async -> QueryReading {
    let server = query.server.hasSuffix("/") ? String(query.server.dropLast()) : query.server
    guard !server.contains(where: { $0 == "?" || $0 == "#" }) else {
      return QueryReading(
        query: query, value: nil, problem: "not asked: its server has a '?' or '#'; write host and path only")
    }
    var request = HTTPRequest(
      url: "\(server)/api/v1/query?query=\(Self.percentEncoded(query.promql))",
      timeouts: HTTPTimeouts(connect: .seconds(3), idle: .seconds(10), total: .seconds(10)))
    request.maximumBodyBytes = Self.maximumBytes
    do {
      let response = try await transport.send(request)
      return Self.reading(query, response)
    } catch {
      return QueryReading(query: query, value: nil, problem: "\(error)")
    }
  }

  /// One number, whatever stands around it.
  private static let maximumBytes = 1 << 20

  /// What the kinds of errors in Prometheus' API mean. Texts beside them are not read.
  private static let errors = [
    "bad_data": "the server cannot read the expression; check promql",
    "execution": "the server could not evaluate the expression", "timeout": "the evaluation took too long",
    "canceled": "the evaluation was cancelled", "internal": "the server had an internal error",
    "unavailable": "the server is unavailable", "not_found": "the server has no such endpoint",
  ]

  /// A scalar, or the only sample of a vector.
  static func reading(_ query: PerformanceRules.Query, _ response: HTTPResponse) -> QueryReading {
    guard let document = try? JSONValue(parsing: response.body), document["status"]?.string == "success" else {
      let kind = (try? JSONValue(parsing: response.body))?["errorType"]?.string.flatMap { Self.errors[$0] }
      let answer = "the server answered \(response.status)"
      return QueryReading(query: query, value: nil, problem: kind.map { "\(answer): \($0)" } ?? answer)
    }
    let result = document[path: "data", "result"]
    let sample: JSONValue?
    switch document[path: "data", "resultType"]?.string {
    case "scalar": sample = result
    case "vector":
      guard let samples = result?.array, samples.count == 1 else {
        return QueryReading(
          query: query, value: nil, problem: "gives \(result?.array?.count ?? 0) samples, exactly one is needed")
      }
      sample = samples[0]["value"]
    default: return QueryReading(query: query, value: nil, problem: "gives neither a scalar nor a vector")
    }
    guard let value = sample?[1]?.string.flatMap(Double.init) else {
      return QueryReading(query: query, value: nil, problem: "gives no number")
    }
    return QueryReading(query: query, value: value)
  }

  static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      let isPlain =
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_.~".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}
