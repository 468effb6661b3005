import HTTPTransport
import KubernetesClient
import KubernetesModel
import Testing

@Suite("Finding the cluster")
struct KubeconfigTests {
  static let first = """
    apiVersion: v1
    kind: Config
    current-context: dev
    clusters:
    - name: dev
      cluster: {server: "https://10.0.0.1:6443/", certificate-authority: ca.crt, tls-server-name: kubernetes}
    - name: open
      cluster: {server: "http://127.0.0.1:8001", insecure-skip-tls-verify: true, proxy-url: "socks5://p:1", disable-compression: true}
    contexts:
    - name: dev
      context: {cluster: dev, user: me, namespace: team}
    - name: open
      context: {cluster: open}
    - {name: broken, context: {cluster: nowhere, user: me}}
    users:
    - name: me
      user: {client-certificate-data: Y2VydA==, client-key: keys/me.key, token: plain, tokenFile: tok, as: boss, as-groups: [g], as-user-extra: {scopes: [view]}}
    """
  static let second = """
    current-context: other
    clusters:
    - {name: dev, cluster: {server: "https://elsewhere"}}
    - {name: odd, cluster: {server: "https://elsewhere", proxy-url: "ftp://p"}}
    contexts:
    - {name: odd, context: {cluster: odd}}
    - {name: nobody, context: {cluster: dev, user: nobody}}
    - {name: plugin, context: {cluster: dev, user: plugin}}
    - {name: gone, context: {cluster: dev, user: old}}
    users:
    - {name: nobody, user: {as-groups: [g]}}
    - name: plugin
      user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./get-token, interactiveMode: Never, provideClusterInfo: true}}
    - {name: old, user: {auth-provider: {name: gcp}}}
    """

  func sources(_ environment: [String: String], _ files: [String: String]) -> ConfigurationSources {
    ConfigurationSources(environment: environment) { files[$0].map { Array($0.utf8) } }
  }

  let files = [
    "/k/one": first, "/k/two": second, "/k/ca.crt": "CA", "/k/keys/me.key": "KEY", "/home/.kube/config": second,
  ]

  @Test("The first file of the list wins, paths are relative to their file, data beats files, tokenFile beats token")
  func merged() throws {
    let found = try ClusterConfiguration.load(from: sources(["KUBECONFIG": "/k/none:/k/one:/k/two"], files))
    #expect(found.server == "https://10.0.0.1:6443")
    #expect(found.host == "10.0.0.1:6443")
    #expect(found.namespace == "team")
    #expect(found.trust.certificateAuthority == Array("CA".utf8))
    #expect(found.trust.clientCertificate == Array("cert".utf8))
    #expect(found.trust.clientKey == Array("KEY".utf8))
    #expect(found.trust.serverName == "kubernetes")
    #expect(found.trust.verifiesServer)
    #expect(found.credentials == .tokenFile("/k/tok"))
    #expect(found.impersonation == Impersonation(user: "boss", groups: ["g"], extra: ["scopes": ["view"]]))
    let open = try ClusterConfiguration.load(kubeconfig: "/k/one", context: "open", from: sources([:], files))
    #expect(open.credentials == .none)
    #expect(!open.trust.verifiesServer)
    #expect(open.trust.proxy == "socks5://p:1")
    #expect(!open.acceptsCompression && found.acceptsCompression)
    #expect(found.trustFiles.certificateAuthority == "/k/ca.crt")
    #expect(found.trustFiles.clientCertificate == nil && found.trustFiles.clientKey == "/k/keys/me.key")
    let plugin = try ClusterConfiguration.load(context: "plugin", from: sources(["KUBECONFIG": "/k/one:/k/two"], files))
    guard case .plugin(let program) = plugin.credentials else { throw KubernetesError.cancelled }
    #expect(program.command == "/k/./get-token")
  }

  @Test("In a pod, with an IPv6 host in brackets; KUBECONFIG goes before it, the home folder after")
  func inCluster() throws {
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    let pod = files.merging(
      ["\(folder)/token": "t", "\(folder)/ca.crt": "PODCA", "\(folder)/namespace": "apus\n"]) { $1 }
    let environment = [
      "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443", "HOME": "/home", "KUBECONFIG": "/none",
    ]
    let found = try ClusterConfiguration.load(from: sources(environment, pod))
    #expect(found.server == "https://[fd00::1]:443")
    #expect(found.namespace == "apus")
    #expect(found.credentials == .tokenFile("\(folder)/token"))
    #expect(found.trustFiles.certificateAuthority == "\(folder)/ca.crt")
    let explicit = try ClusterConfiguration.load(
      from: sources(environment.merging(["KUBECONFIG": "/k/one"]) { $1 }, pod))
    #expect(explicit.host == "10.0.0.1:6443")
    #expect(throws: KubernetesError.self) { try ClusterConfiguration.load(from: sources(["HOME": "/home"], files)) }
  }

  @Test(
    "What is wrong is said",
    arguments: [
      ("broken", "has no cluster 'nowhere'"), ("missing", "has no context 'missing'; there are: broken, dev"),
      ("gone", "auth-provider"), ("odd", "proxy-url must begin with"), ("nobody", "need 'as'"),
    ])
  func errors(_ context: String, _ text: String) {
    let error = #expect(throws: KubernetesError.self) {
      try ClusterConfiguration.load(context: context, from: sources(["KUBECONFIG": "/k/one:/k/two"], files))
    }
    #expect(error?.description.contains(text) == true, "\(String(describing: error))")
  }

  @Test("Nothing found lists what was tried; bad YAML has its line")
  func nothing() {
    let error = #expect(throws: KubernetesError.self) { try ClusterConfiguration.load(from: sources([:], [:])) }
    #expect(error?.description.contains("KUBECONFIG (not set)") == true)
    let bad = #expect(throws: KubernetesError.self) {
      try ClusterConfiguration.load(kubeconfig: "/bad", from: sources([:], ["/bad": "a: 1\nb: [\n"]))
    }
    #expect(bad?.description.contains("/bad") == true && bad?.description.contains("line") == true)
  }
}
