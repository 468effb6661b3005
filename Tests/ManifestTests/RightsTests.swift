import Foundation
import KubernetesModel
import TestSupport
import Testing

@Suite("Rights")
struct RightsTests {
  private static func roles(_ objects: [JSONValue]) -> [JSONValue] {
    objects.filter { ["ClusterRole", "Role"].contains($0["kind"]?.string) }
  }

  private static func words(_ rule: JSONValue, _ member: String) -> [String] {
    rule[member]?.array?.compactMap(\.string) ?? []
  }

  /// `modeldeployments.apus.dev/status`, as `kubectl auth can-i --list` writes it; named objects behind it.
  private static func resources(_ rule: JSONValue) -> [String] {
    let names = words(rule, "resourceNames").sorted().joined(separator: ", ")
    return words(rule, "apiGroups").flatMap { group in
      words(rule, "resources").map { resource in
        let parts = resource.split(separator: "/", maxSplits: 1)
        let name = parts[0] + (group.isEmpty ? "" : ".\(group)") + (parts.count > 1 ? "/\(parts[1])" : "")
        return names.isEmpty ? String(name) : "\(name): \(names)"
      }
    }
  }

  /// By resource, what a role lets its subjects do.
  private static func rights(_ role: JSONValue) -> [String: Set<String>] {
    var rights: [String: Set<String>] = [:]
    for rule in role["rules"]?.array ?? [] {
      for resource in resources(rule) { rights[resource, default: []].formUnion(words(rule, "verbs")) }
    }
    return rights
  }

  private static func rights(ofRole name: String) throws -> [String: Set<String>] {
    let role = roles(try Repository.installObjects()).first { $0[path: "metadata", "name"]?.string == name }
    return rights(try #require(role, "\(name)"))
  }

  // MARK: The table

  private static let columns = [
    "apus-operator", "apus-operator-workloads", "apus-operator-secrets", "apus-operator-leader-election",
    "apus-operator-identity", "apus-admin", "apus-edit", "apus-view",
  ]
  private static let verbs = [
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection",
  ]
  private static let mark = "<!-- rights -->"

  private static func table() throws -> String {
    let rights = try columns.map(rights(ofRole:))
    let resources = Set(rights.flatMap(\.keys)).sorted()
    var lines = [
      "| resource | " + columns.map { "`\($0)`" }.joined(separator: " | ") + " |",
      "|---" + columns.map { _ in "|---" }.joined() + "|",
    ]
    for resource in resources {
      let cells = rights.map { role in verbs.filter { role[resource]?.contains($0) ?? false }.joined(separator: " ") }
      lines.append("| `\(resource)` | " + cells.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  /// `APUS_RECORD_GOLDEN=1` writes it anew.
  @Test("in the threat model are those of the manifests")
  func documented() throws {
    let path = "docs/threat-model.md"
    var parts = try Repository.text(path).components(separatedBy: Self.mark)
    try #require(parts.count == 3)
    let table = "\n\(try Self.table())\n"
    if ProcessInfo.processInfo.environment["APUS_RECORD_GOLDEN"] != nil {
      parts[1] = table
      try Data(parts.joined(separator: Self.mark).utf8).write(to: URL(fileURLWithPath: path))
    }
    #expect(parts[1] == table, "run this test with APUS_RECORD_GOLDEN=1")
  }

  @Test("are verbs that the table has a place for, and no wildcard")
  func noWildcards() throws {
    let others = try ["namespaced/rbac-operator.yaml", "secure-metrics/rbac-metrics.yaml"].flatMap {
      try Repository.documents("manifests/\($0)")
    }
    for role in Self.roles(try Repository.installObjects() + others) {
      for rule in role["rules"]?.array ?? [] {
        for member in ["apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs"] {
          #expect(!Self.words(rule, member).contains { $0.contains("*") }, "\(role[path: "metadata", "name"] ?? "")")
        }
        #expect(Set(Self.words(rule, "verbs")).isSubset(of: Self.verbs))
      }
    }
  }

  // MARK: The operator

  @Test("of the operator in all namespaces reach no Secret but its own; the role that does is bound nowhere")
  func secrets() throws {
    let objects = try Repository.installObjects()
    for role in Self.roles(objects) where Self.rights(role)["secrets"] != nil {
      let name = role[path: "metadata", "name"]?.string
      if name == "apus-operator-identity" {
        // The API server knows no name before an object is there.
        #expect(Self.rights(role) == ["secrets": ["create"], "secrets: apus-operator-keys": ["get", "update"]])
        #expect(role["kind"] == "Role" && role[path: "metadata", "namespace"] == "apus-system")
        continue
      }
      #expect(name == "apus-operator-secrets")
      #expect(Self.rights(role) == ["secrets": ["get"]])
      #expect(!objects.contains { $0[path: "roleRef", "name"]?.string == name })
    }
  }

  /// What would let it become somebody else, or give rights away.
  @Test("of the operator are none by which it could take more")
  func escalation() throws {
    for column in Self.columns {
      let rights = try Self.rights(ofRole: column)
      for resource in rights.keys {
        for power in [
          "rbac.authorization", "serviceaccounts", "pods/exec", "pods/attach", "pods/portforward", "nodes",
          "namespaces",
          "webhookconfigurations", "certificatesigningrequests", "persistentvolumes.", "daemonsets",
        ] { #expect(!resource.contains(power), "\(column): \(resource)") }
        if resource == "pods" { #expect(rights[resource] == ["list", "watch"]) }
      }
    }
  }

  // MARK: People

  @Test("of people write specs, and neither status nor finalizers; viewers only look")
  func people() throws {
    for column in ["apus-admin", "apus-edit", "apus-view"] {
      let rights = try Self.rights(ofRole: column)
      #expect(rights.keys.allSatisfy { $0.contains(".apus.dev") })
      for (resource, verbs) in rights {
        if resource.hasSuffix("/status") { #expect(verbs == ["get"], "\(column): \(resource)") }
        #expect(!resource.hasSuffix("/finalizers"), "\(column)")
        if column == "apus-view" { #expect(verbs.isSubset(of: ["get", "list", "watch"]), "\(resource)") }
      }
      let versions = try #require(rights["modelversions.apus.dev"])
      #expect(versions.isDisjoint(with: ["create", "update", "patch"]), "only the operator registers versions")
      #expect(versions.contains("delete") == (column == "apus-admin"))
    }
  }

  // MARK: One namespace

  private static let kubectl = ["/usr/bin/kubectl", "/usr/local/bin/kubectl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test("in one namespace need nothing outside of it", .enabled(if: kubectl != nil, "needs kubectl"))
  func namespaced() async throws {
    let built = try await Tool.run(try #require(Self.kubectl), ["kustomize", "manifests/namespaced"])
    try #require(built.status == 0, "\(built.errors)")
    let objects = try Repository.objects(inYAML: built.output)
    #expect(objects.count >= 8)
    for object in objects {
      #expect(object[path: "metadata", "namespace"]?.string == "apus-models", "\(object["kind"] ?? "")")
      for subject in object["subjects"]?.array ?? [] { #expect(subject["namespace"]?.string == "apus-models") }
      if let role = object["roleRef"] { #expect(role["kind"]?.string == "Role") }
    }
    let deployment = try #require(objects.first { $0["kind"] == "Deployment" })
    let arguments = deployment[path: "spec", "template", "spec", "containers"]?.array?.first?["args"]?.array
    #expect(arguments?.contains("--namespace=$(POD_NAMESPACE)") == true)
  }

  // MARK: The chart

  private static func rendered(_ values: JSONValue) async throws -> [JSONValue] {
    try await Tool.check("render-chart", ["charts/apus", "apus", "apus-system"], input: values).array ?? []
  }

  private static func bindings(_ objects: [JSONValue]) -> Set<String> {
    Set(
      objects.filter { $0["roleRef"] != nil }.map { binding in
        let place = binding[path: "metadata", "namespace"]?.string ?? "everywhere"
        return
          "\(place): \(binding[path: "roleRef", "kind"]?.string ?? "") \(binding[path: "roleRef", "name"]?.string ?? "")"
      })
  }

  @Test(
    "of the chart are bound where its values say", .enabled(if: ObjectTests.hasHelm, "needs .venv with helm-sdkpy"),
    arguments: [
      ([:], ["everywhere: ClusterRole apus-operator", "everywhere: ClusterRole apus-operator-workloads"]),
      (
        ["secretNamespaces": ["shop"]],
        [
          "everywhere: ClusterRole apus-operator", "everywhere: ClusterRole apus-operator-workloads",
          "shop: ClusterRole apus-operator-secrets",
        ]
      ),
      (
        ["modelNamespaces": ["shop", "bank"], "secretNamespaces": ["shop"]],
        [
          "everywhere: ClusterRole apus-operator", "shop: ClusterRole apus-operator-workloads",
          "bank: ClusterRole apus-operator-workloads", "shop: ClusterRole apus-operator-secrets",
          "bank: ClusterRole apus-operator-secrets",
        ]
      ),
      (["watchNamespace": "shop"], ["shop: Role apus-operator"]),
      // `helm upgrade --reuse-values` knows no new values.
      (
        ["modelNamespaces": .null, "secretNamespaces": .null],
        ["everywhere: ClusterRole apus-operator", "everywhere: ClusterRole apus-operator-workloads"]
      ),
    ] as [(JSONValue, Set<String>)])
  func chart(values: JSONValue, bindings: Set<String>) async throws {
    let objects = try await Self.rendered(values)
    let own = ["leader-election", "identity"].map { "apus-system: Role apus-operator-\($0)" }
    #expect(Self.bindings(objects) == bindings.union(own))
    let configuration = objects.first { $0["kind"] == "ConfigMap" }?[path: "data", "operator.yaml"]?.string ?? ""
    let allowed = try Repository.objects(inYAML: configuration).first?[path: "namespaces", "allowed"]
    #expect(allowed == (values["modelNamespaces"] == .null ? nil : values["modelNamespaces"]))
    guard values["watchNamespace"] != nil else { return }
    let role = try #require(Self.roles(objects).first { $0[path: "metadata", "namespace"]?.string == "shop" })
    let namespaced = try #require(
      Self.roles(try Repository.documents("manifests/namespaced/rbac-operator.yaml")).first)
    #expect(Self.rights(role) == Self.rights(namespaced))
  }
}
