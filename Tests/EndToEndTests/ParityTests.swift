import Foundation
import TestSupport
import Testing

/// One thing a person types, run on both clusters.
struct ParityStep: Sendable {
  /// A difference that is known and meant, brought to one form on both sides.
  struct Allowance: Sendable {
    var why: String
    var pattern: String
    var replacement: String
  }

  var arguments: [String]
  var input: String?
  var environment: [String: String] = [:]
  var allowing: [Allowance] = []

  init(
    _ arguments: String, input: String? = nil, environment: [String: String] = [:], allowing: [Allowance] = []
  ) {
    self.arguments = Self.words(arguments)
    self.input = input
    self.environment = environment
    self.allowing = allowing
  }

  /// Splits at spaces, keeps what stands in single quotes together.
  static func words(_ text: String) -> [String] {
    text.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
    }
  }

  func comparable(_ text: String) -> String {
    var text = text
    for allowance in allowing {
      text = text.replacingOccurrences(of: allowance.pattern, with: allowance.replacement, options: .regularExpression)
    }
    return Volatile.stripped(text)
  }
}

/// What differs between two clusters by nature: times, identifiers, addresses, column widths.
enum Volatile {
  static let patterns: [(pattern: String, replacement: String)] = [
    (#"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, "<uid>"),
    (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"#, "<time>"),
    (#"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"#, "<date>"),
    (#"(resourceVersion: )"\d+""#, "$1<version>"),
    (#"(Resource Version: +)\d+"#, "$1<version>"),
    (#"(?m)(?<= )(\d+[smhd]){1,2}$"#, "<age>"),
    (#"(?m)(?<= )(\d+[smhd]){1,2}(?= )"#, "<age>"),
    (#"(?<= )<invalid>"#, "<age>"),
    (#"\b(?:127|10)\.\d+\.\d+\.\d+"#, "<address>"),
    (#"-[0-9a-f]{7,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b"#, "-<pod>"),
    (#"\bweb-[0-9a-f]{7,10}\b"#, "web-<template>"),
    (#"\b(once|wrong)-[bcdfghjklmnpqrstvwxz2456789]{5}\b"#, "$1-<pod>"),
    // How many pods of a rollout still end is a matter of the moment.
    (#"(?m)(^pod/web-<pod> condition met\n)+"#, "$1"),
    (#"/tmp/(LIVE|MERGED)-\d+/"#, "$1/"),
    (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}"#, "<date>"),
    (#"/tmp/[^ "\n]*"#, "<file>"),
    (#" +"#, " "),
    (#" +\n"#, "\n"),
  ]

  static func stripped(_ text: String) -> String {
    var text = text
    for (pattern, replacement) in patterns {
      text = text.replacingOccurrences(of: pattern, with: replacement, options: .regularExpression)
    }
    return text
  }
}

@Suite(
  "kubectl behaves on the local cluster as on the real one", .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["APUS_PARITY_LOCAL"] != nil))
struct ParityTests {
  static let namespace = "parity"

  private static var local: [String] {
    ["env", "KUBECONFIG=\(ProcessInfo.processInfo.environment["APUS_PARITY_LOCAL"] ?? "")", "kubectl"]
  }

  private static func real() throws -> [String] { try #require(Cluster.current).exec + ["kubectl"] }

  @Test("every step gives the same answer")
  func steps() async throws {
    let real = try Self.real()
    for step in ParityStep.all {
      // By an option, not by the kubeconfig: that one is shared with others.
      let arguments = ["--namespace=\(Self.namespace)"] + step.arguments
      async let here = run(
        Self.local + arguments, input: step.input, environment: step.environment, allowFailure: true)
      async let there = run(real + arguments, input: step.input, environment: step.environment, allowFailure: true)
      let (left, right) = try await (here, there)
      let command = Comment(rawValue: "local against real: kubectl \(step.arguments.joined(separator: " "))")
      #expect(left.status == right.status, command)
      #expect(
        step.comparable(left.text).split(separator: "\n", omittingEmptySubsequences: false)
          == step.comparable(right.text).split(separator: "\n", omittingEmptySubsequences: false), command)
      #expect(
        step.comparable(left.errors).split(separator: "\n", omittingEmptySubsequences: false)
          == step.comparable(right.errors).split(separator: "\n", omittingEmptySubsequences: false), command)
    }
  }

  @Test("get -w shows the same rows for the same changes")
  func watching() async throws {
    let here = try await watched(by: Self.local)
    let there = try await watched(by: try Self.real())
    #expect(here == there)
    #expect(here.last?.contains("DELETED") == true)
  }

  /// The lines that a watch of models wrote while models came, changed and went.
  private func watched(by kubectl: [String]) async throws -> [String] {
    let namespace = "watching"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-watch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("rows")
    func rows() -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
    func play(_ arguments: String, input: String? = nil) async throws {
      _ = try await run(kubectl + ["-n", namespace] + ParityStep.words(arguments), input: input)
    }
    try await play("create namespace \(namespace)")
    try await play("create -f -", input: ParityStep.policy.replacing("name: drift", with: "name: first"))
    // The watch ends when it has shown the last change, or is late.
    let script =
      #"file=$1; shift; "$@" >"$file" & watch=$!; for i in $(seq 150); do grep -q 'DELETED.*last' "$file" && break; sleep 0.2; done; kill "$watch"; wait "$watch" || true"#
    async let ended = run(
      ["bash", "-c", script, "watch", file.path] + kubectl
        + ["-n", namespace, "get", "mp", "-w", "--output-watch-events", "-l", "tier=one"], allowFailure: true)
    _ = try await eventually("the watch shows what is there", within: .seconds(20)) {
      rows().contains("first") ? true : nil
    }
    try await play("create -f -", input: ParityStep.policy.replacing("name: drift", with: "name: last"))
    try await play("patch mp first --subresource=status --type=merge -p '{\"status\":{\"drift\":\"Critical\"}}'")
    try await play("annotate mp first note=1")
    // Out of the selector is deleted for the watcher, and back is added.
    try await play("label mp first tier-")
    try await play("label mp first tier=one")
    try await play("delete mp first")
    try await play("delete mp last")
    _ = try await ended
    try await play("delete namespace \(namespace) --wait=false")
    return Volatile.stripped(rows()).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
