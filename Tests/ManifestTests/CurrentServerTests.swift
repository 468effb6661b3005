import ApusAPI
import Foundation
import KubernetesModel
import TestSupport
import Testing

/// What the current Kubernetes release itself answers to the CRDs and their objects. `scripts/current-kubernetes` starts the
/// server, which has no core API: custom resources only.
@Suite(
  "The current API server", .serialized,
  .enabled(if: CurrentServer.kubeconfig != nil, "needs the server of scripts/current-kubernetes"))
struct CurrentServerTests {
  /// Of the first release current servers took none as it was, so that its copy here has the defaults of objects spelled out.
  @Test("replaces the CRDs of the release before beneath their objects, which stay as they were")
  func upgrade() async throws {
    let server = try CurrentServer()
    try await server.mustSucceed("apply", "--server-side", "-f", "Tests/Golden/crds-0.1.0")
    try await server.establish()
    let sample = "manifests/samples/income.yaml"
    try await server.mustSucceed("apply", "-f", sample)
    let before = try await server.specs()
    #expect(!before.isEmpty)

    try await server.mustSucceed("apply", "--server-side", "--force-conflicts", "-f", "crds")
    try await server.establish()
    // Fields that are new come with their defaults; of what was there nothing is lost or says something else.
    let after = try await server.specs()
    #expect(Set(after.keys) == Set(before.keys))
    #expect(before.flatMap { name, spec in Self.losses(spec, after[name] ?? .null, at: name) } == [])
    // Whoever applies the same file after the upgrade still can.
    try await server.mustSucceed("apply", "-f", sample)
    for kind in ["md", "mp"] { try await server.mustSucceed("delete", kind, "--all") }
  }

  /// Paths of what stands in `before` and not, or otherwise, in `after`.
  private static func losses(_ before: JSONValue, _ after: JSONValue, at path: String) -> [String] {
    switch (before, after) {
    case (.object(let members), .object):
      return members.flatMap { losses($0.value, after[$0.key] ?? .null, at: "\(path).\($0.key)") }
    case (.array(let items), .array(let others)) where items.count == others.count:
      return zip(items, others).enumerated().flatMap { losses($1.0, $1.1, at: "\(path)[\($0)]") }
    default: return before == after ? [] : ["\(path): \(before) became \(after)"]
    }
  }

  @Test("lets kubectl apply, diff, wait, explain and show the columns; an unchanged file is unchanged")
  func kubectl() async throws {
    let server = try CurrentServer()
    try await server.install()
    for sample in try Repository.files("manifests/samples", ending: ".yaml") where !sample.contains("kustomization") {
      try await server.mustSucceed("apply", "-f", sample)
      let again = try await server.mustSucceed("apply", "-f", sample).split(separator: "\n")
      #expect(again.allSatisfy { $0.hasSuffix(" unchanged") }, "\(sample): \(again)")
      let difference = try await server.kubectl("diff", "-f", sample)
      #expect(difference.status == 0, "\(sample): \(difference.output)")
    }
    let table = try await server.mustSucceed("get", "md")
    #expect(table.hasPrefix("NAME"))
    for column in ["READY", "VERSION", "AGE"] { #expect(table.contains(column), "\(column): \(table)") }
    try await server.mustSucceed("wait", "--for=jsonpath={.spec.training.deadline}=2h", "md/income", "--timeout=20s")
    let explained = try await server.mustSucceed("explain", "modeldeployments.spec.training.split")
    #expect(explained.contains("testSource"))
    for kind in ["md", "mp"] { try await server.mustSucceed("delete", kind, "--all") }
  }

  @Test("breaks each rule on a bad object and holds it on a good one")
  func rules() async throws {
    let server = try CurrentServer()
    try await server.install()
    for (number, example) in RuleTests.cases.enumerated() {
      var old = RuleTests.stored(example.kind)
      let name = "rule-\(number)"
      old["metadata"] = ["name": .string(name), "namespace": "default"]
      var new = old
      if !example.path.isEmpty { new.set(example.value, at: ["spec"] + example.path) }
      if example.isUpdate { try await server.mustSucceed("create", "-f", "-", input: old.text) }
      let answer = try await server.kubectl(example.isUpdate ? "replace" : "create", "-f", "-", input: new.text)
      if let broken = example.broken {
        #expect(answer.status != 0, "\(example.sentence): \(answer.output)")
        #expect(answer.errors.contains(broken), "\(example.sentence): \(answer.errors)")
      } else {
        #expect(answer.status == 0, "\(example.sentence): \(answer.errors)")
      }
    }
    for kind in ["md", "mp", "mv"] { try await server.mustSucceed("delete", kind, "--all") }
  }
}

/// kubectl against the server that `scripts/current-kubernetes` started.
struct CurrentServer {
  static let kubeconfig = ProcessInfo.processInfo.environment["APUS_CURRENT_KUBECONFIG"]

  private let kubeconfig: String

  init() throws { kubeconfig = try #require(Self.kubeconfig) }

  func kubectl(_ arguments: String..., input: String = "") async throws -> Tool.Output {
    try await Tool.run("/usr/bin/env", ["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input)
  }

  @discardableResult
  func mustSucceed(_ arguments: String..., input: String = "") async throws -> String {
    let answer = try await Tool.run(
      "/usr/bin/env", ["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input)
    guard answer.status == 0 else {
      throw ToolFailure(tool: "kubectl \(arguments.joined(separator: " "))", errors: answer.errors)
    }
    return answer.output
  }

  func establish() async throws {
    try await mustSucceed("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
  }

  func install() async throws {
    try await mustSucceed("apply", "--server-side", "--force-conflicts", "-f", "crds")
    try await establish()
  }

  /// The specs of all models and policies by kind and name.
  func specs() async throws -> [String: JSONValue] {
    let list = try JSONValue(parsing: try await mustSucceed("get", "md,mp", "-o", "json"))
    var specs: [String: JSONValue] = [:]
    for item in list["items"]?.array ?? [] {
      specs["\(item["kind"]?.string ?? "")/\(item[path: "metadata", "name"]?.string ?? "")"] = item["spec"]
    }
    return specs
  }
}
