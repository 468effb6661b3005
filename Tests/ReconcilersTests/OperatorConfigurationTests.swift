import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import TestSupport
import Testing
import Values
import WorkerContract

@testable import Reconcilers

@Suite struct OperatorConfigurationTests {
  @Test func `images suffice, everything else has a default`() throws {
    let text = "images: {worker: w:1, server: s:1}"
    let settings = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings
    #expect(settings == OperatorSettings(images: .init(worker: "w:1", server: "s:1")))
    #expect(settings.storage.telemetryLocation(in: "shop") == "sqlite:///var/lib/apus/telemetry/shop.sqlite")
  }

  @Test func `who reaches servers is read, and what models must have`() throws {
    let text = """
      images: {worker: w:1, server: s:1}
      security: {required: true}
      networkPolicy:
        enabled: true
        adminFrom: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]
        openPorts: [15008]
      """
    let settings = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings
    #expect(settings.requiresTokens)
    #expect(
      settings.network
        == ServerNetwork(
          adminPeers: [["namespaceSelector": [:]], ["ipBlock": ["cidr": "10.0.0.0/8"]]], openPorts: [15008]))
    let off = "images: {worker: w:1, server: s:1}\nnetworkPolicy: {adminFrom: [{namespaceSelector: {}}]}"
    #expect(try OperatorConfiguration(yaml: Array(off.utf8), file: "operator.yaml").settings.network == nil)
  }

  @Test func `the store's Secret, endpoint and region are read, null is nothing`() throws {
    let text = """
      images: {worker: w:1, server: s:1}
      storage:
        artifacts: s3://models/apus
        s3: {endpoint: "http://minio:9000", region: null, secret: apus-store}
      """
    let storage = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings.storage
    #expect(storage.s3 == .init(endpoint: "http://minio:9000", region: nil, secret: "apus-store"))
    #expect(storage.isInS3)
  }

  @Test(arguments: [
    ("images: {worker: w, server: s}\nstorrage: {}", "'storrage' is not a setting"),
    ("images: {worker: w, server: s}\nstorage:\n  claim: {sise: 1Gi}", "line 3"),
    ("images: {worker: w}", "images.server"),
    ("images: {worker: w, server: s, pullPolicy: Sometimes}", "must be Always, IfNotPresent or Never"),
    ("images: {worker: w, server: s}\nstorage: {artifacts: /tmp}", "must begin with file:// or s3://"),
    (
      "images: {worker: w, server: s}\nstorage: {artifacts: 's3://b', s3: {secret: Store}}", "storage.s3.secret must be"
    ),
    ("images: {worker: w, server: s}\nstorage: {artifacts: 's3://b', s3: {secret: ''}}", "storage.s3.secret must be"),
    (
      "images: {worker: w, server: s}\nstorage: {artifacts: 's3://b', s3: {endpoint: minio}}",
      "storage.s3.endpoint must"
    ),
    (
      "images: {worker: w, server: s}\nstorage: {artifacts: 's3://b', s3: {key: a}}",
      "'storage.s3.key' is not a setting"
    ),
    ("images: {worker: w, server: s}\nstorage: {s3: {secret: store}}", "storage.s3 is for artifacts in S3"),
    ("images: {worker: w, server: s}\nallowedHostPaths: [data]", "allowedHostPaths[0]"),
    ("images: {worker: w, server: s}\npodUser: 0", "podUser must be Cluster or the number of a user"),
    ("images: {worker: w, server: s}\npodUser: nobody", "podUser must be Cluster"),
    ("images: {worker: w, server: s}\nremoval: {template: {spec: {hostNetwork: true}}}", "removal.template"),
    ("images: {worker: w, server: s}\nremoval: {tempalte: {}}", "removal.tempalte"),
    ("images: {worker: w, server: s}\nnamespaces: {alowed: []}", "namespaces.alowed"),
    ("images: {worker: w, server: s}\nnamespaces: {allowed: [Shop]}", "namespaces.allowed must be names"),
    ("images: {worker: w, server: s}\nnamespaces: {refused: ['']}", "namespaces.refused must be names"),
    ("images: {worker: w, server: s}\nsecretsRole: ''", "secretsRole is empty"),
    ("images: {worker: w, server: s}\noutbound: {hosts: ['http://a']}", "outbound.hosts[0] must be a host"),
    ("images: {worker: w, server: s}\noutbound: {hosts: [a, '*.*.b']}", "outbound.hosts[1] must be a host"),
    ("images: {worker: w, server: s}\noutbound: {networks: [10.0.0.0/33]}", "outbound.networks[0] must be a network"),
    ("images: {worker: w, server: s}\noutbound: {networks: [169.254.169.254]}", "outbound.networks[0] has no effect"),
    ("images: {worker: w, server: s}\noutbound: {networks: [127.0.0.0/8]}", "outbound.loopback"),
    ("images: {worker: w, server: s}\noutbound: {host: []}", "'outbound.host' is not a setting"),
    ("images: {worker: w, server: s}\ntemplates: {alow: []}", "'templates.alow' is not a setting"),
    (
      "images: {worker: w, server: s}\ntemplates: {allow: [hostNetwork]}",
      "templates.allow[0]: 'hostNetwork' is no field"
    ),
    (
      "images: {worker: w, server: s}\ntemplates: {allow: [spec.tolerations, spec.securityContext]}",
      "templates.allow[1]: 'spec.securityContext' would allow spec.securityContext.runAsNonRoot"
    ), ("images: {worker: w, server: s}\ntemplates: {secrets: Some}", "templates.secrets must be Labelled or All"),
    (
      "images: {worker: w, server: s}\ntemplates: {namespaces: {a: {alow: []}}}",
      "'templates.namespaces.a.alow' is not a setting"
    ),
    (
      "images: {worker: w, server: s}\ntemplates: {namespaces: {a: {allow: [spec.hostPID]}}}",
      "templates.namespaces.a.allow[0]"
    ),
    (
      "images: {worker: w, server: s}\nremoval: {template: {containers: [{name: worker, securityContext: {privileged: true}}]}}",
      "removal.template.containers[0].securityContext.privileged"
    ), ("images: {worker: w, server: s}\nstorage: {formerArtifacts: 's3://b'}", "storage.formerArtifacts must begin"),
    (
      "images: {worker: w, server: s}\nnetworkPolicy: {enabled: true, adminFrom: [{}]}",
      "networkPolicy.adminFrom[0] must be a peer"
    ),
    (
      "images: {worker: w, server: s}\nnetworkPolicy: {enabled: true, adminFrom: [{ports: [1]}]}",
      "networkPolicy.adminFrom[0] must be a peer"
    ),
    (
      "images: {worker: w, server: s}\nnetworkPolicy: {enabled: true, adminFrom: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}",
      "networkPolicy.adminFrom[0] must be a peer"
    ),
    ("images: {worker: w, server: s}\nnetworkPolicy: {enabled: true, openPorts: [8081]}", "networkPolicy.openPorts[0]"),
    ("images: {worker: w, server: s}\nnetworkPolicy: {enable: false}", "'networkPolicy.enable' is not a setting"),
    ("images: {worker: w, server: s}\nsecurity: {require: true}", "'security.require' is not a setting"),
    ("images: [", "not valid YAML"),
  ])
  func `what cannot be used is named`(_ text: String, _ part: String) {
    #expect {
      try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml")
    } throws: { error in
      "\(error)".contains(part)
    }
  }

  @Test func `what templates may say is read, for all namespaces and for one`() throws {
    let text = """
      images: {worker: w:1, server: s:1}
      removal: {template: {tolerations: [{key: gpu}], imagePullSecrets: [{name: registry}], priorityClassName: low}}
      templates:
        allow: [spec.tolerations]
        namespaces:
          research: {secrets: All}
          shop: {allow: ["spec.volumes[].nfs"]}
      """
    let settings = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings
    #expect(
      settings.templates
        == .init(
          allow: ["spec.tolerations"],
          namespaces: ["research": .init(secrets: .all), "shop": .init(allow: ["spec.volumes[].nfs"])]))
    #expect(settings.templates.readsAllSecrets(in: "research") && !settings.templates.readsAllSecrets(in: "shop"))
    #expect(settings.removalTemplate != nil, "an administrator's own template is held to less")
  }

  @Test func `a namespace's name fills the places of its artifacts and rows`() throws {
    let text = """
      images: {worker: w:1, server: s:1}
      storage:
        artifacts: s3://models/{namespace}
        formerArtifacts: s3://models/apus
        telemetry: postgres://{namespace}@db/apus
      """
    let storage = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings.storage
    #expect(storage.artifactsLocation(in: "shop") == "s3://models/shop")
    #expect(storage.formerArtifactsLocation(in: "shop") == "s3://models/apus")
    #expect(storage.telemetryLocation(in: "shop") == "postgres://shop@db/apus")
  }

  @Test(
    arguments: [
      ("sqlite:///var/lib/apus/telemetry", []), ("postgres://db/apus?sslmode=verify-full&sslrootcert=system", []),
      ("postgres://a:geheim@db/apus?sslmode=verify-full&sslrootcert=/ca", ["holds a password"]),
      ("postgres://a@db/apus", ["sslmode=prefer, the default, does not prove"]),
      ("postgres://a:geheim@db/apus?sslmode=require", ["holds a password", "sslmode=require does not prove"]),
      ("postgres://db/apus?password=geheim", ["holds a password", "sslmode"]), ("postgres://localhost/apus", []),
    ] as [(String, [String])])
  func `a password or an unproven server in the settings is told, and works`(_ location: String, _ parts: [String]) {
    let storage = OperatorSettings.Storage(telemetry: location)
    let advice = StorageAdvice.advice(storage)
    #expect(advice.count == parts.count)
    for (sentence, part) in zip(advice, parts) { #expect(sentence.contains(part)) }
    #expect(!advice.joined().contains("geheim"))
    var hidden = storage
    hidden.telemetrySecret = .init(name: "db", key: "url")
    #expect(StorageAdvice.advice(hidden).isEmpty)
  }

  @Test(
    arguments: [
      ("", "shop", nil, true), ("", "kube-system", nil, false), ("", "kube-public", nil, false),
      ("", "kube-node-lease", nil, false), ("", "apus-system", nil, false), ("", "apus-system", "apus-system", true),
      ("", "kube-system", "kube-system", false), ("namespaces: {refused: [shop]}", "shop", nil, false),
      ("namespaces: {refused: [shop]}", "apus-system", nil, true),
      ("namespaces: {refused: []}", "kube-system", nil, true),
      ("namespaces: {allowed: [shop]}", "shop", nil, true), ("namespaces: {allowed: [shop]}", "bank", nil, false),
      ("namespaces: {allowed: [shop, kube-system]}", "kube-system", nil, false),
      ("namespaces: {allowed: null, refused: null}", "bank", nil, true),
    ] as [(String, String, String?, Bool)])
  func `models are where the configuration lets them be`(
    _ lines: String, _ namespace: String, _ watched: String?, _ isAllowed: Bool
  ) throws {
    let yaml = "images: {worker: w, server: s}\n\(lines)"
    let configuration = try OperatorConfiguration(yaml: Array(yaml.utf8), file: "operator.yaml")
    let access = configuration.settings(with: ["POD_NAMESPACE": "apus-system"], watching: watched).access
    let refusal = access.refusal(of: namespace)
    #expect((refusal == nil) == isAllowed, "\(refusal ?? "")")
    #expect(refusal?.contains("namespace \(namespace) ") != false)
  }

  @Test func `the command that allows Secrets names the pod's account and the configured role`() throws {
    let yaml = "images: {worker: w, server: s}\nsecretsRole: prod-secrets"
    let configuration = try OperatorConfiguration(yaml: Array(yaml.utf8), file: "operator.yaml")
    let environment = ["POD_NAMESPACE": "ml", "POD_SERVICE_ACCOUNT": "prod-operator"]
    #expect(
      configuration.settings(with: environment, watching: nil).access.secretsRefusal("keys", in: "shop")
        == "the operator may not read Secret keys in namespace shop; allow it: kubectl -n shop create rolebinding prod-secrets "
        + "--clusterrole=prod-secrets --serviceaccount=ml:prod-operator")
    let outside = configuration.settings(with: ["POD_NAMESPACE": ""], watching: nil).access
    #expect(outside.home == nil)
    #expect(outside.refusal(of: "default") == nil)
  }

  @Test(
    arguments: [("Cluster", .cluster), ("1001", .number(1001)), ("null", .number(65532))]
      as [(String, OperatorSettings.PodUser)])
  func `pods run as the user that is named, or as the cluster likes`(
    _ text: String, _ user: OperatorSettings.PodUser
  ) throws {
    let yaml = "images: {worker: w, server: s}\npodUser: \(text)"
    #expect(try OperatorConfiguration(yaml: Array(yaml.utf8), file: "operator.yaml").settings.podUser == user)
  }

  @Test(
    arguments: [
      (#"{"status":"success","data":{"resultType":"scalar","result":[1,"0.5"]}}"#, 0.5, nil as String?),
      (#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.25"]}]}}"#, 0.25, nil),
      (
        #"{"status":"success","data":{"resultType":"vector","result":[]}}"#, nil,
        "gives 0 samples, exactly one is needed"
      ),
      // Of what else a server says nothing is repeated: whoever names it reads the outcome.
      (
        #"{"status":"error","errorType":"bad_data","error":"hush"}"#, nil,
        "the server answered 200: the server cannot read the expression; check promql"
      ),
      (#"{"status":"error","errorType":"hush","error":"hush"}"#, nil, "the server answered 200"),
      (#"{"status":"hush","error":"hush"}"#, nil, "the server answered 200"), ("hush", nil, "the server answered 200"),
      (
        #"{"status":"success","data":{"resultType":"hush","result":"hush"}}"#, nil,
        "gives neither a scalar nor a vector"
      ),
      (#"{"status":"success","data":{"resultType":"scalar","result":[1,"hush"]}}"#, nil, "gives no number"),
    ] as [(String, Double?, String?)])
  func `a Prometheus answer is one number or a reason`(_ body: String, _ value: Double?, _ problem: String?) {
    let query = PerformanceRules.Query(name: "q", server: "http://p", promql: "up", below: 0.3)
    let reading = PrometheusReader.reading(query, HTTPResponse(status: 200, body: Array(body.utf8)))
    #expect(reading.value == value)
    #expect(reading.problem == problem)
    #expect(reading.fires == (value == 0.25))
  }

  @Test func `whom the operator connects to is read, and without a word it is anybody as before`() throws {
    func rules(_ text: String) throws -> OutboundRules {
      try OperatorConfiguration(yaml: Array("images: {worker: w, server: s}\n\(text)".utf8), file: "f").outbound
    }
    #expect(try rules("") == .anyHost)
    #expect(try rules("outbound: {}") == OutboundRules())
    let read = try rules(
      "outbound: {hosts: [hooks.slack.com, '*.svc'], networks: [10.0.0.0/8, 127.0.0.0/8], internet: true, loopback: true}"
    )
    #expect(
      read
        == OutboundRules(
          hosts: ["hooks.slack.com", "*.svc"].compactMap { HostPattern($0) },
          networks: ["10.0.0.0/8", "127.0.0.0/8"].compactMap { AddressBlock($0) }, allowsInternet: true,
          allowsLoopback: true))
  }

  @Test func `networks that are refused are read, and a proxy without hosts is warned of`() throws {
    func rules(_ text: String) throws -> OutboundRules {
      try OperatorConfiguration(yaml: Array("images: {worker: w, server: s}\noutbound: {\(text)}".utf8), file: "f")
        .outbound
    }
    let read = try rules("internet: true, refusedNetworks: [35.0.0.0/8]")
    #expect(read.refusedNetworks == [AddressBlock("35.0.0.0/8")].compactMap(\.self))
    #expect(throws: OperatorConfigurationError.self) { try rules("refusedNetworks: [35.0.0.0.0/8]") }

    let hosts = OutboundRules.installedHosts.map { "'\($0)'" }.joined(separator: ", ")
    let installed = try rules("internet: true, hosts: [\(hosts)]")
    let named = try rules("internet: true, hosts: [\(hosts), chat.example]")
    #expect(installed.proxyWarning([:]) == nil && installed.proxyWarning(["https_proxy": ""]) == nil)
    #expect(installed.proxyWarning(["https_proxy": "http://p:1"])?.hasPrefix("https_proxy is set") == true)
    #expect(installed.proxyWarning(["HTTPS_PROXY": "http://p:1"]) != nil)
    #expect(named.proxyWarning(["https_proxy": "http://p:1"]) == nil)
    #expect(OutboundRules.anyHost.proxyWarning(["https_proxy": "http://p:1"]) == nil)
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for file in ["manifests/install/configuration.yaml", "charts/apus/values.yaml"] {
      let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
      for host in OutboundRules.installedHosts {
        #expect(text.contains("- \"\(host)\"\n") || text.contains("- \(host)\n"), "\(file): \(host)")
      }
    }
  }

  @Test(arguments: ["http://page/?x=", "http://page/#", "http://page?"])
  func `a server with a query or a fragment is not asked`(server: String) async {
    let query = PerformanceRules.Query(name: "q", server: server, promql: "up", below: 0.3)
    let transport = ScriptedTransport()
    let reading = await PrometheusReader(transport: transport).reading(query)
    #expect(reading.value == nil && reading.problem?.hasPrefix("not asked") == true)
  }

  @Test func `an answer beyond one MiB is not read, and what a server says is not told`() async throws {
    let endless: [ScriptedStep] =
      [.beginChunked()] + Array(repeating: .chunk(String(repeating: "hush", count: 10_000)), count: 40) + [.endChunked]
    let answers: [[ScriptedStep]] = [
      endless, [.answer(500, body: "hush")], [.raw("HTTP/1.1 hush\r\n\r\n"), .close], [.raw("hush"), .close],
      [.answer(302, headers: ["Location": "http://127.0.0.1:1/hush"], body: "hush")],
    ]
    for (steps, words) in zip(
      answers, ["larger than 1048576 bytes", "answered 500", "http://", "http://", "answered 302"])
    {
      let server = try ScriptedServer { _ in steps }
      defer { server.stop() }
      var configuration = TransportConfiguration()
      configuration.outbound = OutboundRules(hosts: [.any], allowsLoopback: true)
      let query = PerformanceRules.Query(name: "q", server: server.url, promql: "up", below: 0.3)
      let reading = await PrometheusReader(transport: try CurlTransport(configuration)).reading(query)
      let problem = try #require(reading.problem)
      #expect(problem.contains(words) && !problem.contains("hush"), "\(problem)")
    }
  }

  @Test func `a query is percent-encoded`() {
    #expect(PrometheusReader.percentEncoded(#"sum(x{a="ü"})"#) == "sum%28x%7Ba%3D%22%C3%BC%22%7D%29")
  }
}
