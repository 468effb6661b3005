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
        table[column, default: [:]][line[0]] = Set(cell.split(separator: " ").map(String.init))
      }
    }
    return table
  }

  /// As the API server answers, `resource: verbs`; named objects stand behind the resource, as in the table.
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
      let names = lists[1].split(separator: " ").sorted().joined(separator: ", ")
      rights[names.isEmpty ? String(resource) : "\(resource): \(names)", default: []]
        .formUnion(lists[2].split(separator: " ").map(String.init))
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
    #expect(try await beyondCommon("apus-system:apus-operator", stage.namespace) == everywhere)
    #expect(
      try await beyondCommon("apus-system:apus-operator", "apus-system")
        == Self.union(everywhere, table["apus-operator-leader-election"]))
    // Workers and servers run as the namespace's own account, and not even its token is in their pods.
    #expect(try await beyondCommon("\(stage.namespace):default", stage.namespace) == [:])
    for role in ["apus-admin", "apus-edit", "apus-view", "apus-operator-secrets"] {
      #expect(try await beyondCommon("\(stage.namespace):\(role)", stage.namespace) == table[role], "\(role)")
    }
    await stage.close()
  }
}
