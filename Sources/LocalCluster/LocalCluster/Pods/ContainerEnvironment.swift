internal import Foundation
internal import KubernetesModel

/// Why a container cannot be started yet, in the kubelet's words.
struct LaunchRefusal: Error, Sendable, Equatable {
  /// CreateContainerConfigError, ErrImagePull, …
  var reason: String
  var message: String

  static func configuration(_ message: String) -> LaunchRefusal {
    LaunchRefusal(reason: "CreateContainerConfigError", message: message)
  }
}

/// Everything that a container's environment may refer to.
struct EnvironmentContext: Sendable {
  var pod: ClusterObject
  var address: String
  /// By name; only those of the pod's namespace.
  var configMaps: [String: JSONValue]
  var secrets: [String: JSONValue]
  /// The pod's service account; nil: there is none.
  var account: ClusterObject?
  /// nil: there is no API to reach.
  var access: PodAccess?

  /// Whether the containers get a token of the pod's service account without asking for it.
  var hasAccess: Bool { access != nil && PodAccess.isWanted(by: pod, account: account) }

  /// The value of a `fieldRef`, or nil for a field that is not supported.
  func field(_ path: String) -> String? {
    switch path {
    case "metadata.name": return pod.name
    case "metadata.namespace": return pod.namespace
    case "metadata.uid": return pod.uid
    case "metadata.labels": return Self.lines(pod.labels)
    case "metadata.annotations": return Self.lines(pod.annotations)
    case "spec.nodeName": return pod.spec["nodeName"]?.string ?? ""
    case "spec.serviceAccountName": return pod.spec["serviceAccountName"]?.string ?? "default"
    case "status.podIP", "status.podIPs": return address
    case "status.hostIP", "status.hostIPs": return "127.0.0.1"
    default:
      if let key = Self.subscripted(path, "metadata.labels") { return pod.labels[key] ?? "" }
      if let key = Self.subscripted(path, "metadata.annotations") { return pod.annotations[key] ?? "" }
      return nil
    }
  }

  private static func subscripted(_ path: String, _ field: String) -> String? {
    guard path.hasPrefix(field + "['"), path.hasSuffix("']") else { return nil }
    return String(path.dropFirst(field.count + 2).dropLast(2))
  }

  /// As downward API files have it: `key="escaped value"`, sorted.
  private static func lines(_ map: [String: String]) -> String {
    map.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONValue.string($0.value).text)" }.joined(separator: "\n")
  }
}

/// Builds a container's environment (`envFrom`, then `env`, with `$(NAME)` references to what came before).
struct ContainerEnvironment: Sendable, Equatable {
  private(set) var variables: [String: String]

  init(base: [String: String] = [:]) { variables = base }

  mutating func add(_ container: ContainerSpecification, _ context: EnvironmentContext) throws(LaunchRefusal) {
    for source in container.environmentSources { try add(source: source, context) }
    for entry in container.environment {
      guard let name = entry["name"]?.string else { continue }
      if let value = entry["value"]?.string {
        variables[name] = Expansion.expand(value, with: variables)
      } else if let source = entry["valueFrom"] {
        if let value = try Self.value(source, context) { variables[name] = value }
      } else {
        variables[name] = ""
      }
    }
  }

  private mutating func add(source: JSONValue, _ context: EnvironmentContext) throws(LaunchRefusal) {
    let prefix = source["prefix"]?.string ?? ""
    let values: [String: String]
    if let reference = source["configMapRef"] {
      guard let map = try Self.find(reference, in: context.configMaps, kind: "configmap") else { return }
      values = map["data"]?.stringMap ?? [:]
    } else if let reference = source["secretRef"] {
      guard let secret = try Self.find(reference, in: context.secrets, kind: "secret") else { return }
      values = SecretData.texts(secret)
    } else {
      return
    }
    for (key, value) in values { variables[prefix + key] = value }
  }

  private static func value(_ source: JSONValue, _ context: EnvironmentContext) throws(LaunchRefusal) -> String? {
    if let path = source[path: "fieldRef", "fieldPath"]?.string {
      guard let value = context.field(path) else {
        throw .configuration("unsupported fieldPath: \(path)")
      }
      return value
    }
    if let reference = source["configMapKeyRef"] {
      return try value(reference, in: context.configMaps, kind: "configmap", "ConfigMap") {
        $0["data"]?.stringMap ?? [:]
      }
    }
    if let reference = source["secretKeyRef"] {
      return try value(reference, in: context.secrets, kind: "secret", "Secret", SecretData.texts)
    }
    if let field = source["resourceFieldRef"] {
      throw .configuration("resourceFieldRef is not supported: \(field["resource"]?.string ?? "")")
    }
    return nil
  }

  private static func value(
    _ reference: JSONValue, in objects: [String: JSONValue], kind: String, _ title: String,
    _ data: (JSONValue) -> [String: String]
  ) throws(LaunchRefusal) -> String? {
    guard let object = try find(reference, in: objects, kind: kind) else { return nil }
    let key = reference["key"]?.string ?? ""
    if let value = data(object)[key] { return value }
    if reference["optional"]?.bool == true { return nil }
    let stored = ClusterObject(object)
    throw .configuration("couldn't find key \(key) in \(title) \(stored.namespace)/\(stored.name)")
  }

  private static func find(_ reference: JSONValue, in objects: [String: JSONValue], kind: String)
    throws(LaunchRefusal) -> JSONValue?
  {
    let name = reference["name"]?.string ?? ""
    if let object = objects[name] { return object }
    if reference["optional"]?.bool == true { return nil }
    throw .configuration("\(kind) \"\(name)\" not found")
  }
}

enum SecretData {
  static func bytes(_ secret: JSONValue) -> [String: [UInt8]] {
    var data = (secret["data"]?.stringMap ?? [:]).compactMapValues { Data(base64Encoded: $0).map { [UInt8]($0) } }
    for (key, value) in secret["stringData"]?.stringMap ?? [:] { data[key] = Array(value.utf8) }
    return data
  }

  static func texts(_ secret: JSONValue) -> [String: String] {
    bytes(secret).mapValues { String(decoding: $0, as: UTF8.self) }
  }
}

enum Expansion {
  /// `$(NAME)` becomes the variable's value, unknown names stay as they are, `$$(NAME)` is a literal `$(NAME)`
  /// (Kubernetes, `third_party/forked/golang/expansion`).
  static func expand(_ text: String, with variables: [String: String]) -> String {
    var output = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      output += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        output += "$"
        rest = rest.dropFirst()
      } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        output += variables[name] ?? "$(\(name))"
        rest = rest[rest.index(after: end)...]
      } else {
        output += "$"
      }
    }
    return output + rest
  }
}
