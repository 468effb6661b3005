import Foundation
import KubernetesModel
import TestSupport
import Testing

/// `kubectl auth can-i --list` beside the table in docs/threat-model.md. The local cluster enforces no rights.
@Suite("Rights", .serialized, .enabled(if: Cluster.current?.kind == .real))
struct RightsTests {
  /// By column of the table, `resource: verbs`.
  private static func table() throws -> [String: [String: Set<String>]] {
    let text = try String(contentsOfFile: "docs/threat-model.md", encoding: .utf8)
    let block = try #require(text.components(separatedBy: "<!-- rights -->").dropFirst().first)
    let lines = block.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "") }
    }
    let columns = try #require(lines.first).dropFirst()
    var table: [String: [String: Set<String>]] = [:]
    for line in lines.dropFirst(2) {
      for (column, cell) in zip(columns, line.dropFirst()) where !cell.isEmpty {
        let parts = line[0].components(separatedBy: ": ")
        let names = parts.count == 2 ? parts[1].components(separatedBy: ", ") : [""]
        for key in Self.keys(parts[0], names) {
          table[column, default: [:]][key, default: []].formUnion(cell.split(separator: " ").map(String.init))
        }
      }
    }
    return table
  }

  /// The resource, with each name where only named objects are meant: kubectl gives each a line of its own.
  private static func keys(_ resource: String, _ names: [String]) -> [String] {
    names.map { $0.isEmpty ? resource : "\(resource): \($0)" }
  }

  /// As the API server answers, `resource: verbs`.
  private static func rights(of account: String, in namespace: String, _ cluster: Cluster) async throws
    -> [String: Set<String>]
  {
    let said = try await cluster.kubectl(
      "auth", "can-i", "--list", "-n", namespace, "--as=system:serviceaccount:\(account)"
    ).text
    var rights: [String: Set<String>] = [:]
    for line in said.split(separator: "\n").dropFirst() {
      let lists = line.matches(of: /\[([^\]]*)\]/).map { String($0.output.1) }
      let resource = line.prefix { $0 != " " && $0 != "[" }
      guard !resource.isEmpty, lists.count == 3 else { continue }
      let names = lists[1].split(separator: " ").map(String.init)
      for key in keys(String(resource), names.isEmpty ? [""] : names) {
        rights[key, default: []].formUnion(lists[2].split(separator: " ").map(String.init))
      }
    }
    return rights
  }

  private static func union(_ columns: [String: Set<String>]?...) -> [String: Set<String>] {
    columns.reduce(into: [:]) { $0.merge($1 ?? [:]) { $0.union($1) } }
  }

  @Test("of the operator, of pods and of people are those of the table")
  func table() async throws {
    let stage = try await Stage.open("rights")
    let table = try Self.table()
    let cluster = stage.cluster
    for role in ["apus-admin", "apus-edit", "apus-view", "apus-operator-secrets"] {
      try await stage.kubectl(
        "create", "rolebinding", role, "--clusterrole=\(role)", "--serviceaccount=\(stage.namespace):\(role)")
    }
    // What everybody may do.
    let common = try await Self.rights(of: "\(stage.namespace):nobody", in: stage.namespace, cluster)
    func beyondCommon(_ account: String, _ namespace: String) async throws -> [String: Set<String>] {
      try await Self.rights(of: account, in: namespace, cluster).filter { common[$0.key] != $0.value }
    }
    let everywhere = Self.union(table["apus-operator"], table["apus-operator-workloads"])
    #expect(everywhere["configmaps"] == ["list", "watch", "get", "create", "patch", "delete"])
    #expect(everywhere["secrets"] == nil)
    func check(_ account: String, _ namespace: String, _ expected: [String: Set<String>]) async throws {
      let found = try await beyondCommon(account, namespace)
      let different = Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted().map {
        "\($0): \(found[$0]?.sorted() ?? []), in the table \(expected[$0]?.sorted() ?? [])"
      }
      #expect(different == [], "\(account) in \(namespace)")
    }
    try await check("apus-system:apus-operator", stage.namespace, everywhere)
    try await check(
      "apus-system:apus-operator", "apus-system",
      Self.union(everywhere, table["apus-operator-leader-election"], table["apus-operator-identity"]))
    // Workers and servers run as the namespace's own account, and not even its token is in their pods.
    try await check("\(stage.namespace):default", stage.namespace, [:])
    for role in ["apus-admin", "apus-edit", "apus-view", "apus-operator-secrets"] {
      try await check("\(stage.namespace):\(role)", stage.namespace, try #require(table[role]))
    }
    await stage.close()
  }
}
