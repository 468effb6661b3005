import KubernetesModel

extension ClusterState {
  /// The Kubernetes version whose API this is a subset of.
  package static let kubernetesVersion = "v1.32.0"

  /// What can be asked without naming an object; nil: the path is none of these.
  func discovery(_ request: ReceivedRequest) -> APIResponse? {
    let path = request.path
    switch path.first {
    case "healthz", "readyz", "livez": return APIResponse(.text("ok"))
    case "version" where path.count == 1: return APIResponse(.json(Self.version))
    case nil: return APIResponse(.json(["paths": .array(rootPaths.map(JSONValue.string))]))
    case "openapi": return openAPI(request)
    case "api" where path.count == 1:
      return APIResponse(.json(["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]))
    case "api" where path == ["api", "v1"]: return APIResponse(.json(resourceList(group: "", version: "v1")))
    case "apis" where path.count == 1:
      return APIResponse(
        .json([
          "kind": "APIGroupList", "apiVersion": "v1",
          "groups": .array(catalog.groups.filter { !$0.name.isEmpty }.map { Self.group($0.name, $0.versions) }),
        ]))
    case "apis" where path.count == 2:
      guard let found = catalog.groups.first(where: { $0.name == path[1] }) else { return nil }
      var group = Self.group(found.name, found.versions)
      group["kind"] = "APIGroup"
      group["apiVersion"] = "v1"
      return APIResponse(.json(group))
    case "apis" where path.count == 3:
      guard catalog.groups.contains(where: { $0.name == path[1] && $0.versions.contains(path[2]) }) else { return nil }
      return APIResponse(.json(resourceList(group: path[1], version: path[2])))
    default: return nil
    }
  }

  private static let version: JSONValue = [
    "major": "1", "minor": "32", "gitVersion": .string(kubernetesVersion + "+apus"), "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
  ]

  private var rootPaths: [String] {
    var paths = ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
    for group in catalog.groups where !group.name.isEmpty {
      paths.append("/apis/\(group.name)")
      paths += group.versions.map { "/apis/\(group.name)/\($0)" }
    }
    return paths.sorted()
  }

  private static func group(_ name: String, _ versions: [String]) -> JSONValue {
    func entry(_ version: String) -> JSONValue {
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return [
      "name": .string(name), "versions": .array(versions.map(entry)), "preferredVersion": entry(versions.first ?? "v1"),
    ]
  }

  private static let verbs: JSONValue = [
    "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
  ]

  private func resourceList(group: String, version: String) -> JSONValue {
    var entries: [JSONValue] = []
    for served in catalog.resources(group: group, version: version) {
      let definition = served.definition
      var entry: JSONValue = [
        "name": .string(definition.resource), "singularName": .string(definition.singular),
        "namespaced": .bool(definition.isNamespaced), "kind": .string(definition.kind),
        "verbs": definition.isReview ? ["create"] : Self.verbs,
      ]
      if !definition.shortNames.isEmpty { entry["shortNames"] = .array(definition.shortNames.map(JSONValue.string)) }
      if !definition.categories.isEmpty { entry["categories"] = .array(definition.categories.map(JSONValue.string)) }
      entries.append(entry)
      func subresource(_ name: String, kind: String, verbs: JSONValue, group: String? = nil, version: String? = nil) {
        var part: JSONValue = [
          "name": .string("\(definition.resource)/\(name)"), "singularName": "",
          "namespaced": .bool(definition.isNamespaced), "kind": .string(kind), "verbs": verbs,
        ]
        if let group { part["group"] = .string(group) }
        if let version { part["version"] = .string(version) }
        entries.append(part)
      }
      if served.version.hasStatus { subresource("status", kind: definition.kind, verbs: ["get", "patch", "update"]) }
      if served.version.scale != nil {
        subresource("scale", kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1")
      }
      if definition.storage == Self.pods {
        subresource("log", kind: "Pod", verbs: ["get"])
        subresource("eviction", kind: "Eviction", verbs: ["create"], group: "policy", version: "v1")
      }
    }
    let groupVersion = group.isEmpty ? version : "\(group)/\(version)"
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion),
      "resources": .array(entries),
    ]
  }
}
