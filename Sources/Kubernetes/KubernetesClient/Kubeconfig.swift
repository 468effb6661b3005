internal import HTTPTransport
internal import KubernetesModel
internal import YAMLCoding

/// One or several kubeconfig files, merged as kubectl does: of each name, the first file's entry wins. Relative paths are
/// relative to the file they stand in.
struct Kubeconfig {
  struct Cluster: Decodable {
    var server: String
    var certificateAuthority: String?
    var certificateAuthorityData: String?
    var insecureSkipTLSVerify: Bool?
    var tlsServerName: String?
    var proxyURL: String?
    var disableCompression: Bool?
    var extensions: [Extension]?

    enum CodingKeys: String, CodingKey {
      case server
      case certificateAuthority = "certificate-authority"
      case certificateAuthorityData = "certificate-authority-data"
      case insecureSkipTLSVerify = "insecure-skip-tls-verify"
      case tlsServerName = "tls-server-name"
      case proxyURL = "proxy-url"
      case disableCompression = "disable-compression"
      case extensions
    }

    /// What other programs keep here; plugins are told theirs.
    struct Extension: Decodable {
      var name: String
      var `extension`: JSONValue?
    }
  }

  struct User: Decodable {
    var token: String?
    var tokenFile: String?
    var clientCertificate: String?
    var clientCertificateData: String?
    var clientKey: String?
    var clientKeyData: String?
    var username: String?
    var password: String?
    var exec: CredentialPlugin?
    var authProvider: JSONValue?
    var actAs: String?
    var actAsUID: String?
    var actAsGroups: [String]?
    var actAsExtra: [String: [String]]?

    enum CodingKeys: String, CodingKey {
      case token, tokenFile, username, password, exec
      case clientCertificate = "client-certificate"
      case clientCertificateData = "client-certificate-data"
      case clientKey = "client-key"
      case clientKeyData = "client-key-data"
      case authProvider = "auth-provider"
      case actAs = "as"
      case actAsUID = "as-uid"
      case actAsGroups = "as-groups"
      case actAsExtra = "as-user-extra"
    }
  }

  struct Context: Decodable {
    var cluster: String
    var user: String?
    var namespace: String?
  }

  private struct Named<Value: Decodable>: Decodable {
    var name: String
    var value: Value

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: NameKey.self)
      name = try container.decode(String.self, forKey: NameKey("name"))
      guard let key = container.allKeys.first(where: { $0.stringValue != "name" }) else {
        throw DecodingError.keyNotFound(
          NameKey("\(Value.self)".lowercased()), .init(codingPath: decoder.codingPath, debugDescription: "is required"))
      }
      value = try container.decode(Value.self, forKey: key)
    }
  }

  private struct NameKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private struct File: Decodable {
    var currentContext: String?
    var clusters: [Named<Cluster>]?
    var users: [Named<User>]?
    var contexts: [Named<Context>]?

    enum CodingKeys: String, CodingKey {
      case currentContext = "current-context"
      case clusters, users, contexts
    }
  }

  /// An entry and the file it stands in.
  private struct Placed<Value> {
    var value: Value
    var file: String
  }

  private let files: [String]
  private var currentContext: String?
  private var clusters: [String: Placed<Cluster>] = [:]
  private var users: [String: Placed<User>] = [:]
  private var contexts: [String: Placed<Context>] = [:]

  /// Errors: `.configuration` with file, line and column.
  init(merging sources: [(path: String, bytes: [UInt8])]) throws(KubernetesError) {
    files = sources.map(\.path)
    for source in sources {
      let file: File
      do {
        guard let document = try YAML.documents(source.bytes).first else { continue }
        file = try document.decode(as: File.self)
      } catch {
        throw .configuration("the kubeconfig \(source.path) cannot be read: \(error)")
      }
      if currentContext == nil, file.currentContext != "" { currentContext = file.currentContext }
      let path = source.path
      let take: (inout [String: Placed<Cluster>]) -> Void = { clusters in
        for entry in file.clusters ?? [] where clusters[entry.name] == nil {
          clusters[entry.name] = Placed(value: entry.value, file: path)
        }
      }
      take(&clusters)
      for entry in file.users ?? [] where users[entry.name] == nil {
        users[entry.name] = Placed(value: entry.value, file: path)
      }
      for entry in file.contexts ?? [] where contexts[entry.name] == nil {
        contexts[entry.name] = Placed(value: entry.value, file: path)
      }
    }
  }

  func configuration(context name: String?, _ sources: ConfigurationSources) throws(KubernetesError)
    -> ClusterConfiguration
  {
    let place = files.joined(separator: ", ")
    guard let name = name ?? currentContext else {
      throw .configuration("the kubeconfig \(place) has no current-context; name one with --context")
    }
    guard let context = contexts[name]?.value else {
      let known = contexts.keys.sorted().joined(separator: ", ")
      throw .configuration("the kubeconfig \(place) has no context '\(name)'; there are: \(known)")
    }
    guard let cluster = clusters[context.cluster] else {
      throw .configuration("the kubeconfig \(place) has no cluster '\(context.cluster)', which context '\(name)' names")
    }
    var configuration = ClusterConfiguration(
      // As kubectl does: an address without a scheme is plain HTTP.
      server: cluster.value.server.contains("://") ? cluster.value.server : "http://\(cluster.value.server)",
      namespace: context.namespace ?? "default", origin: place)
    try trust(cluster, sources, &configuration)
    guard let userName = context.user, !userName.isEmpty else { return configuration }
    guard let user = users[userName] else {
      throw .configuration("the kubeconfig \(place) has no user '\(userName)', which context '\(name)' names")
    }
    try identity(user, cluster.value, sources, &configuration)
    return configuration
  }

  private func trust(
    _ cluster: Placed<Cluster>, _ sources: ConfigurationSources, _ configuration: inout ClusterConfiguration
  ) throws(KubernetesError) {
    configuration.trust.certificateAuthority = try bytes(
      cluster.value.certificateAuthorityData, cluster.value.certificateAuthority, "certificate-authority", cluster.file,
      sources, &configuration.trustFiles.certificateAuthority)
    configuration.trust.verifiesServer = !(cluster.value.insecureSkipTLSVerify ?? false)
    configuration.trust.serverName = cluster.value.tlsServerName
    configuration.trust.proxy = try proxy(cluster)
    configuration.acceptsCompression = !(cluster.value.disableCompression ?? false)
  }

  private func proxy(_ cluster: Placed<Cluster>) throws(KubernetesError) -> String? {
    guard let url = cluster.value.proxyURL, !url.isEmpty else { return nil }
    guard ["http://", "https://", "socks5://"].contains(where: url.hasPrefix) else {
      throw .configuration(
        "the kubeconfig \(cluster.file): proxy-url must begin with http://, https:// or socks5://")
    }
    return url
  }

  private func identity(
    _ user: Placed<User>, _ cluster: Cluster, _ sources: ConfigurationSources,
    _ configuration: inout ClusterConfiguration
  ) throws(KubernetesError) {
    let value = user.value
    configuration.trust.clientCertificate = try bytes(
      value.clientCertificateData, value.clientCertificate, "client-certificate", user.file, sources,
      &configuration.trustFiles.clientCertificate)
    configuration.trust.clientKey = try bytes(
      value.clientKeyData, value.clientKey, "client-key", user.file, sources, &configuration.trustFiles.clientKey)
    if let actAs = value.actAs, !actAs.isEmpty {
      configuration.impersonation = Impersonation(
        user: actAs, groups: value.actAsGroups ?? [], uid: value.actAsUID, extra: value.actAsExtra ?? [:])
    } else if value.actAsGroups?.isEmpty == false || value.actAsUID != nil || value.actAsExtra?.isEmpty == false {
      throw .configuration("the kubeconfig \(user.file): as-groups, as-uid and as-user-extra need 'as'")
    }
    if let tokenFile = value.tokenFile, !tokenFile.isEmpty {
      configuration.credentials = .tokenFile(Self.path(tokenFile, in: user.file))
    } else if let token = value.token, !token.isEmpty {
      configuration.credentials = .token(token)
    } else if let name = value.username, !name.isEmpty {
      configuration.credentials = .basic(user: name, password: value.password ?? "")
    } else if var plugin = value.exec {
      if plugin.command.contains("/") { plugin.command = Self.path(plugin.command, in: user.file) }
      plugin.cluster = Self.described(cluster, configuration)
      configuration.credentials = .plugin(plugin)
    } else if value.authProvider != nil {
      throw .configuration(
        "the kubeconfig \(user.file) uses auth-provider, which Kubernetes has removed; use an exec plugin or a token")
    }
  }

  /// The cluster as plugins are told of it, where they want to know.
  private static func described(_ cluster: Cluster, _ configuration: ClusterConfiguration) -> JSONValue {
    var described: JSONValue = ["server": .string(configuration.server)]
    described["tls-server-name"] = configuration.trust.serverName.map { .string($0) }
    if !configuration.trust.verifiesServer { described["insecure-skip-tls-verify"] = true }
    described["certificate-authority-data"] = configuration.trust.certificateAuthority.map {
      .string(Base64.encode($0))
    }
    described["proxy-url"] = configuration.trust.proxy.map { .string($0) }
    described["config"] =
      cluster.extensions?.first { $0.name == "client.authentication.k8s.io/exec" }?.`extension`
    return described
  }

  /// Data beats files.
  ///
  /// - Parameter origin: set to the file that the bytes came from.
  private func bytes(
    _ data: String?, _ path: String?, _ field: String, _ file: String, _ sources: ConfigurationSources,
    _ origin: inout String?
  ) throws(KubernetesError) -> [UInt8]? {
    if let data, !data.isEmpty {
      guard let bytes = Base64.decode(data) else {
        throw .configuration("the kubeconfig \(file): \(field)-data is not base64")
      }
      return bytes
    }
    guard let path, !path.isEmpty else { return nil }
    let absolute = Self.path(path, in: file)
    guard let bytes = sources.read(absolute) else {
      throw .configuration("the kubeconfig \(file): \(field) \(absolute) cannot be read")
    }
    origin = absolute
    return bytes
  }

  private static func path(_ path: String, in file: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return String(file[...slash]) + path
  }
}
