public import HTTPTransport
internal import KubernetesModel

/// Where a cluster is, whom to trust, and who one is.
public struct ClusterConfiguration: Sendable, Equatable {
  /// `https://host:port`, possibly with a path, without a slash at its end.
  public var server: String
  public var trust: TransportConfiguration
  /// The files that `trust` was read from and that may change.
  public var trustFiles = TrustFiles()
  /// false: long lists come uncompressed.
  public var acceptsCompression = true
  public var credentials: Credentials
  public var impersonation: Impersonation?
  /// Where namespaced objects go when nobody names a namespace.
  public var namespace: String
  /// Where this came from, for messages: a file or "the pod's service account".
  public var origin: String

  public init(
    server: String, trust: TransportConfiguration = TransportConfiguration(), credentials: Credentials = .none,
    namespace: String = "default", origin: String = "the program"
  ) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.trust = trust
    self.credentials = credentials
    self.namespace = namespace
    self.origin = origin
  }

  /// Host and port, for metrics.
  public var host: String {
    guard let start = server.firstRange(of: "://")?.upperBound else { return server }
    return String(server[start...].prefix { $0 != "/" })
  }
}

/// Files that are read again while a client runs, since certificates are renewed.
public struct TrustFiles: Sendable, Equatable {
  public var certificateAuthority: String?
  public var clientCertificate: String?
  public var clientKey: String?

  public init() {}
}

/// The files and variables a configuration is read from; tests bring their own.
public struct ConfigurationSources: Sendable {
  public var environment: [String: String]
  /// nil where the file cannot be read.
  public var read: @Sendable (String) -> [UInt8]?

  public init(environment: [String: String], read: @escaping @Sendable (String) -> [UInt8]?) {
    self.environment = environment
    self.read = read
  }
}

extension ClusterConfiguration {
  /// The first of: the given file, the files in `KUBECONFIG`, the pod's service account, `~/.kube/config`.
  ///
  /// Errors: `.configuration` that lists what was tried.
  public static func load(
    kubeconfig: String? = nil, context: String? = nil, from sources: ConfigurationSources = .system
  ) throws(KubernetesError) -> ClusterConfiguration {
    if let kubeconfig {
      guard let bytes = sources.read(kubeconfig) else {
        throw .configuration("the kubeconfig \(kubeconfig) cannot be read; check the path and its permissions")
      }
      return try Kubeconfig(merging: [(kubeconfig, bytes)]).configuration(context: context, sources)
    }
    var tried: [String] = []
    if let list = sources.environment["KUBECONFIG"], !list.isEmpty {
      let paths = list.split(separator: ":").map(String.init)
      let files = paths.compactMap { path in sources.read(path).map { (path, $0) } }
      // kubectl, too, passes over files of the list that are not there.
      if !files.isEmpty { return try Kubeconfig(merging: files).configuration(context: context, sources) }
      tried.append("KUBECONFIG (\(paths.joined(separator: ", ")): not readable)")
    } else {
      tried.append("KUBECONFIG (not set)")
    }
    if let inCluster = try inCluster(from: sources) { return inCluster }
    tried.append("the pod's service account (KUBERNETES_SERVICE_HOST is not set)")
    if let home = sources.environment["HOME"] {
      let path = "\(home)/.kube/config"
      if let bytes = sources.read(path) {
        return try Kubeconfig(merging: [(path, bytes)]).configuration(context: context, sources)
      }
      tried.append("\(path) (not readable)")
    }
    throw .configuration(
      "no cluster is configured; tried \(tried.joined(separator: ", ")). Give a file with --kubeconfig or set KUBECONFIG"
    )
  }

  /// nil outside of pods.
  public static func inCluster(
    from sources: ConfigurationSources = .system
  ) throws(KubernetesError) -> ClusterConfiguration? {
    guard let host = sources.environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty else { return nil }
    let port = sources.environment["KUBERNETES_SERVICE_PORT"] ?? "443"
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    guard sources.read("\(folder)/token")?.isEmpty == false else {
      throw .configuration(
        "this is a pod, but it has no service account token at \(folder)/token; set automountServiceAccountToken")
    }
    var trust = TransportConfiguration()
    trust.certificateAuthority = sources.read("\(folder)/ca.crt")
    let namespace = sources.read("\(folder)/namespace").map { String(decoding: $0, as: UTF8.self) }
    var configuration = ClusterConfiguration(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)", trust: trust,
      credentials: .tokenFile("\(folder)/token"),
      namespace: namespace?.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "default",
      origin: "the pod's service account")
    configuration.trustFiles.certificateAuthority = "\(folder)/ca.crt"
    return configuration
  }
}
