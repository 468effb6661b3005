package import Decisions
import KubernetesModel
package import Values
import WorkerContract
import YAMLCoding

/// The operator's own file: `/etc/apus/operator/operator.yaml`. Everything but the images has a default; a key that is not
/// known is an error, as it is most likely a misspelt one.
package struct OperatorConfiguration: Sendable, Equatable {
  package var settings: OperatorSettings
  /// Without a section `outbound`, as before there was one: any host.
  package var outbound: OutboundRules

  /// Errors: `OperatorConfigurationError` that names place, key and mend.
  package init(yaml: [UInt8], file: String) throws(OperatorConfigurationError) {
    let source: YAMLSource
    do {
      source = try YAML.document(yaml)
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
    if let unknown = Self.unknownKey(in: source.value, Self.shape, path: "")
      ?? Self.unknownKeyOfNamespaces(source.value)
    {
      throw .unknownKey(file: file, position: "\(source.position(of: unknown))", key: unknown)
    }
    let document: Document
    do {
      document = try source.decode()
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
    settings = OperatorSettings(
      images: .init(
        worker: document.images.worker, server: document.images.server,
        pullPolicy: document.images.pullPolicy ?? "IfNotPresent"),
      storage: document.storage?.settings ?? .init(), allowedHostPaths: document.allowedHostPaths ?? [],
      podUser: try Self.podUser(document.podUser, file), removalTemplate: document.removal?.template,
      access: OperatorAccess(
        allowedNamespaces: document.namespaces?.allowed.map { Set($0) },
        refusedNamespaces: document.namespaces?.refused.map { Set($0) },
        secretsRole: document.secretsRole ?? OperatorAccess.standardSecretsRole),
      templates: try Self.grants(document.templates, file),
      requiresTokens: document.security?.required ?? false, network: document.network.settings)
    outbound = try document.outbound?.rules(file) ?? .anyHost
    try validate(file)
  }

  /// The settings of a process.
  /// - Parameters:
  ///   - environment: What a pod has from the downward API.
  ///   - namespace: The one that the operator looks after; nil: all of them.
  package func settings(with environment: [String: String], watching namespace: String?) -> OperatorSettings {
    var settings = self.settings
    settings.access = settings.access.running(with: environment, watching: namespace)
    return settings
  }

  /// `Cluster`, or the number of a user.
  private static func podUser(
    _ value: JSONValue?, _ file: String
  ) throws(OperatorConfigurationError) -> OperatorSettings.PodUser {
    guard let value, !value.isNull else { return .ofImages }
    if value.string == "Cluster" { return .cluster }
    // Root is what pods may not run as.
    guard let id = value.integer ?? value.string.flatMap({ Int($0) }), (1...2_147_483_647).contains(id) else {
      throw .unusable(file: file, key: "podUser", problem: "must be Cluster or the number of a user, from 1")
    }
    return .number(id)
  }

  private static func grants(
    _ section: Document.TemplateSection?, _ file: String
  ) throws(OperatorConfigurationError) -> TemplateGrants {
    func secrets(_ text: String?, _ key: String) throws(OperatorConfigurationError) -> TemplateGrants.Secrets? {
      guard let text else { return nil }
      guard let secrets = TemplateGrants.Secrets(rawValue: text) else {
        throw .unusable(file: file, key: key, problem: "must be Labelled or All")
      }
      return secrets
    }
    func allow(_ paths: [String]?, _ key: String) throws(OperatorConfigurationError) -> [String] {
      for (index, path) in (paths ?? []).enumerated() {
        guard let problem = TemplateGrants.problem(path) else { continue }
        throw .unusable(file: file, key: "\(key)[\(index)]:", problem: problem)
      }
      return paths ?? []
    }
    var grants = TemplateGrants(
      allow: try allow(section?.allow, "templates.allow"),
      secrets: try secrets(section?.secrets, "templates.secrets") ?? .labelled)
    for (namespace, exception) in (section?.namespaces ?? [:]).sorted(by: { $0.key < $1.key }) {
      let place = "templates.namespaces.\(namespace)"
      grants.namespaces[namespace] = .init(
        allow: try allow(exception.allow, "\(place).allow"), secrets: try secrets(exception.secrets, "\(place).secrets")
      )
    }
    return grants
  }

  /// Names of Secrets and namespaces: lower case letters, digits, '-' and '.' (RFC 1123).
  private static func isObjectName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 }
  }

  private func validate(_ file: String) throws(OperatorConfigurationError) {
    let storage = settings.storage
    func demand(_ holds: Bool, _ key: String, _ problem: String) throws(OperatorConfigurationError) {
      guard holds else { throw .unusable(file: file, key: key, problem: problem) }
    }
    try demand(!settings.images.worker.isEmpty, "images.worker", "is empty; name the image of apus-worker")
    try demand(!settings.images.server.isEmpty, "images.server", "is empty; name the image of apus-server")
    try demand(
      ["Always", "IfNotPresent", "Never"].contains(settings.images.pullPolicy), "images.pullPolicy",
      "must be Always, IfNotPresent or Never")
    try demand(storage.mountPath.hasPrefix("/"), "storage.mountPath", "must be an absolute path")
    try demand(
      ["file://", "s3://"].contains { storage.artifacts.hasPrefix($0) }, "storage.artifacts",
      "must begin with file:// or s3://")
    let scheme = storage.isInS3 ? "s3://" : "file://"
    try demand(
      storage.formerArtifacts?.hasPrefix(scheme) ?? true, "storage.formerArtifacts",
      "must begin with \(scheme), as storage.artifacts does")
    try demand(
      ["sqlite://", "postgres://", "postgresql://"].contains { storage.telemetry.hasPrefix($0) }, "storage.telemetry",
      "must begin with sqlite:// or postgres://")
    try demand(
      storage.s3.endpoint.map { $0.hasPrefix("http://") || $0.hasPrefix("https://") } ?? true, "storage.s3.endpoint",
      "must be a URL such as https://minio.example:9000; null: Amazon's of the region")
    try demand(storage.s3.region?.isEmpty != true, "storage.s3.region", "is empty; name the region, or write null")
    try demand(
      storage.s3.secret.map(Self.isObjectName) ?? true, "storage.s3.secret",
      "must be the name of a Secret that is in each namespace with models; null: no credentials")
    try demand(
      storage.isInS3 || storage.s3 == .init(), "storage.s3",
      "is for artifacts in S3, but storage.artifacts is '\(storage.artifacts)'; write s3://bucket/prefix there, or remove it"
    )
    let template = PodTemplate.problems(
      settings.removalTemplate, field: "removal.template", container: WorkerJob.container,
      TemplateRules(ofTheOperator: settings))
    if let problem = template.first { throw .refused(file: file, problem: problem.message) }
    let namespaces = [
      ("allowed", settings.access.allowedNamespaces), ("refused", settings.access.refusedNamespaces),
    ]
    for (key, names) in namespaces {
      try demand(
        names?.allSatisfy(Self.isObjectName) ?? true, "namespaces.\(key)", "must be names of namespaces, or null")
    }
    try demand(
      !settings.access.secretsRole.isEmpty, "secretsRole",
      "is empty; name the ClusterRole that lets the operator read Secrets")
    for (index, peer) in (settings.network?.adminPeers ?? []).enumerated() {
      let members = peer.object?.keys.sorted() ?? []
      let isPeer = members == ["ipBlock"] || !members.isEmpty && members.allSatisfy { $0.hasSuffix("Selector") }
      try demand(
        isPeer && members.allSatisfy { ["ipBlock", "namespaceSelector", "podSelector"].contains($0) },
        "networkPolicy.adminFrom[\(index)]",
        "must be a peer of a NetworkPolicy: namespaceSelector, podSelector or both, or ipBlock")
    }
    for (index, port) in (settings.network?.openPorts ?? []).enumerated() {
      try demand(
        (1...65535).contains(port) && port != ServerSet.adminPort, "networkPolicy.openPorts[\(index)]",
        "must be a port from 1 to 65535, and not \(ServerSet.adminPort), which networkPolicy.adminFrom is about")
    }
    for (index, path) in settings.allowedHostPaths.enumerated() {
      try demand(path.hasPrefix("/"), "allowedHostPaths[\(index)]", "must be an absolute path")
    }
  }
}

/// Why the operator's file cannot be used.
package enum OperatorConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case unknownKey(file: String, position: String, key: String)
  case unusable(file: String, key: String, problem: String)
  /// The problem names its key.
  case refused(file: String, problem: String)

  package var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .unknownKey(let file, let position, let key):
      "\(file), \(position): '\(key)' is not a setting of the operator; remove it or correct its spelling"
    case .unusable(let file, let key, let problem): "\(file): \(key) \(problem)"
    case .refused(let file, let problem): "\(file): \(problem)"
    }
  }
}

extension OperatorConfiguration {
  /// The keys there are; an empty object stands for a value.
  private static let shape: JSONValue = [
    "images": ["worker": [:], "server": [:], "pullPolicy": [:]],
    "storage": [
      "claim": ["name": [:], "create": [:], "size": [:], "storageClassName": [:], "accessMode": [:]], "mountPath": [:],
      "artifacts": [:], "formerArtifacts": [:], "telemetry": [:], "telemetrySecret": ["name": [:], "key": [:]],
      "s3": ["endpoint": [:], "region": [:], "secret": [:]],
    ],
    "allowedHostPaths": [:], "podUser": [:], "removal": ["template": [:]],
    "namespaces": ["allowed": [:], "refused": [:]], "secretsRole": [:], "outbound": Outbound.shape,
    "templates": ["allow": [:], "secrets": [:], "namespaces": [:]],
    "security": ["required": [:]], "networkPolicy": ["enabled": [:], "adminFrom": [:], "openPorts": [:]],
  ]

  /// Exceptions stand under the names of namespaces, which no shape can list.
  private static func unknownKeyOfNamespaces(_ document: JSONValue) -> String? {
    let namespaces = document[path: "templates", "namespaces"]?.object ?? [:]
    return namespaces.sorted { $0.key < $1.key }.lazy.compactMap { namespace, exception in
      unknownKey(in: exception, ["allow": [:], "secrets": [:]], path: "templates.namespaces.\(namespace)")
    }.first
  }

  private static func unknownKey(in value: JSONValue, _ shape: JSONValue, path: String) -> String? {
    guard let members = value.object, let known = shape.object, !known.isEmpty else { return nil }
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      let place = path.isEmpty ? key : "\(path).\(key)"
      guard let inner = known[key] else { return place }
      if let found = unknownKey(in: member, inner, path: place) { return found }
    }
    return nil
  }

  /// The file as it is written.
  private struct Document: Decodable {
    struct Images: Decodable {
      var worker: String
      var server: String
      var pullPolicy: String?
    }

    struct Storage: Decodable {
      struct Claim: Decodable {
        var name: String?
        var create: Bool?
        var size: String?
        var storageClassName: String?
        var accessMode: String?
      }

      struct SecretKey: Decodable {
        var name: String
        var key: String
      }

      struct S3: Decodable {
        var endpoint: String?
        var region: String?
        var secret: String?
      }

      var claim: Claim?
      var mountPath: String?
      var artifacts: String?
      var formerArtifacts: String?
      var telemetry: String?
      var telemetrySecret: SecretKey?
      var s3: S3?

      var settings: OperatorSettings.Storage {
        let standard = OperatorSettings.Storage()
        return OperatorSettings.Storage(
          claim: .init(
            name: claim?.name ?? standard.claim.name, create: claim?.create ?? standard.claim.create,
            size: claim?.size ?? standard.claim.size, storageClassName: claim?.storageClassName,
            accessMode: claim?.accessMode ?? standard.claim.accessMode),
          mountPath: mountPath ?? standard.mountPath, artifacts: artifacts ?? standard.artifacts,
          telemetry: telemetry ?? standard.telemetry,
          telemetrySecret: telemetrySecret.map { .init(name: $0.name, key: $0.key) },
          s3: .init(endpoint: s3?.endpoint, region: s3?.region, secret: s3?.secret), formerArtifacts: formerArtifacts)
      }
    }

    var images: Images
    var storage: Storage?
    var allowedHostPaths: [String]?
    var podUser: JSONValue?
    var removal: RemovalSection?
    var namespaces: NamespacesSection?
    var secretsRole: String?
    var outbound: Outbound?
    var templates: TemplateSection?
    var security: SecuritySection?
    var networkPolicy: NetworkSection?

    var network: NetworkSection { networkPolicy ?? NetworkSection() }

    struct NamespacesSection: Decodable {
      var allowed: [String]?
      var refused: [String]?
    }

    struct TemplateSection: Decodable {
      struct Exception: Decodable {
        var allow: [String]?
        var secrets: String?
      }

      var allow: [String]?
      var secrets: String?
      var namespaces: [String: Exception]?
    }

    struct SecuritySection: Decodable {
      var required: Bool?
    }

    struct NetworkSection: Decodable {
      var enabled: Bool?
      var adminFrom: [JSONValue]?
      var openPorts: [Int]?

      /// Nil unless it is switched on: a policy shuts out whoever scrapes from the network of the nodes.
      var settings: ServerNetwork? {
        enabled ?? false ? ServerNetwork(adminPeers: adminFrom, openPorts: openPorts ?? []) : nil
      }
    }

    struct RemovalSection: Decodable {
      var template: JSONValue?
    }
  }
}
