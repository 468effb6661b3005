import Decisions
import HTTPTransport
import KubernetesModel
import WorkerContract

/// Evaluates a policy's PromQL queries: `GET /api/v1/query`.
struct PrometheusReader: Sendable {
  let transport: any HTTPTransport

  /// One reading for each query, in their order; what cannot be read says why.
  func readings(_ queries: [PerformanceRules.Query], _ reader: CacheReader) async -> [QueryReading] {
    if !queries.isEmpty { reader.readOutside() }
    var readings: [QueryReading] = []
    for query in queries { readings.append(await reading(query)) }
    return readings
  }

  private func reading(_ query: PerformanceRules.Query) async -> QueryReading {
    let server = query.server.hasSuffix("/") ? String(query.server.dropLast()) : query.server
    let request = HTTPRequest(
      url: "\(server)/api/v1/query?query=\(Self.percentEncoded(query.promql))",
      timeouts: HTTPTimeouts(connect: .seconds(3), idle: .seconds(10), total: .seconds(10)))
    do {
      let response = try await transport.send(request)
      return Self.reading(query, response)
    } catch {
      return QueryReading(query: query, value: nil, problem: "\(error)")
    }
  }

  /// A scalar, or the only sample of a vector.
  static func reading(_ query: PerformanceRules.Query, _ response: HTTPResponse) -> QueryReading {
    guard let document = try? JSONValue(parsing: response.body), document["status"]?.string == "success" else {
      let error = (try? JSONValue(parsing: response.body))?["error"]?.string ?? "the server answered \(response.status)"
      return QueryReading(query: query, value: nil, problem: error)
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
