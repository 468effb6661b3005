import Foundation
import KubernetesModel
import TestSupport

/// A Prometheus that `scripts/prometheus` runs beside the local cluster, asked through its HTTP API.
struct Prometheus {
  let cluster: Cluster
  /// `http://127.0.0.1:PORT`.
  let url: String

  static let program = ["/usr/bin/prometheus", "/usr/local/bin/prometheus"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static var isThere: Bool { program != nil }

  /// Starts one that keeps its data in `folder`, lets `body` use it, and ends it, whatever happened.
  static func running<Value>(
    beside cluster: Cluster, in folder: URL, _ body: (Prometheus) async throws -> Value
  ) async throws -> Value {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let log = folder.appendingPathComponent("prometheus.log")
    try Data().write(to: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Should this process be killed, the script still ends.
    process.arguments = ["timeout", "--kill-after=10", "900", "scripts/prometheus", folder.path, "127.0.0.1:0", "1s"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: log)
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    let result: Result<Value, any Error>
    do {
      let address = try await eventually("Prometheus listens", within: .seconds(60), every: .milliseconds(100)) {
        let text = try String(contentsOf: log, encoding: .utf8)
        guard process.isRunning else { throw DeadlineExceeded(description: "Prometheus has ended:\n\(text)") }
        return text.firstMatch(of: /msg="Listening on" address=(127\.0\.0\.1:[0-9]+)/).map { String($0.1) }
      }
      result = .success(try await body(Prometheus(cluster: cluster, url: "http://\(address)")))
    } catch {
      result = .failure(error)
    }
    // `timeout` leads a group of its own. Programs that Foundation starts have most signals blocked: Prometheus takes them
    // again and ends, and the script ends with it.
    kill(-process.processIdentifier, SIGTERM)
    let hasEnded: Bool? = try? await eventually("Prometheus ends", within: .seconds(15), every: .milliseconds(100)) {
      process.isRunning ? nil : true
    }
    if hasEnded == nil { kill(-process.processIdentifier, SIGKILL) }
    return try result.get()
  }

  /// `data` of an answer; nil where it is an error or not ready yet.
  func get(_ path: String, _ parameters: KeyValuePairs<String, String> = [:]) async throws -> JSONValue? {
    let query = parameters.map { "\($0.key)=\(Self.percentEncoded($0.value))" }.joined(separator: "&")
    let answer = try await cluster.http("GET", "\(url)/api/v1/\(path)?\(query)")
    guard answer.status == 200, let document = try? JSONValue(parsing: answer.body) else { return nil }
    return document["data"]
  }

  /// The values of an instant query, by the series' labels; asked as if it were `later` seconds from now.
  func values(_ expression: String, later: Double = 0) async throws -> [Sample] {
    let time = Date().timeIntervalSince1970 + later
    let data = try await get("query", ["query": expression, "time": String(time)])
    guard let result = data?["result"]?.array else { return [] }
    return result.map { series in
      Sample(
        labels: series["metric"]?.object?.mapValues { $0.string ?? "" } ?? [:],
        value: series["value"]?[1]?.string.flatMap(Double.init) ?? .nan)
    }
  }

  /// Waits until a query of one sample gives `value`.
  func wait(for value: Double, _ expression: String, within deadline: Duration = .seconds(30)) async throws {
    var last: [Sample] = []
    do {
      _ = try await eventually("\(expression) is \(value)", within: deadline, every: .milliseconds(300)) {
        () async throws -> Bool? in
        last = try await values(expression)
        return last.count == 1 && last[0].value == value ? true : nil
      }
    } catch let error as DeadlineExceeded {
      throw DeadlineExceeded(description: "\(error); it gives \(last)")
    }
  }

  /// Waits until an alert of the model is in one of the states (pending, firing).
  func wait(alert: String, of model: String, _ namespace: String, states: String = "pending|firing") async throws {
    let expression = """
      min(ALERTS{alertname="\(alert)",namespace="\(namespace)",model="\(model)",alertstate=~"\(states)"})
      """
    try await wait(for: 1, expression)
  }

  struct Sample: Sendable, CustomStringConvertible {
    var labels: [String: String]
    var value: Double
    var description: String { "\(labels) \(value)" }
  }

  private static func percentEncoded(_ text: String) -> String {
    let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }
}
