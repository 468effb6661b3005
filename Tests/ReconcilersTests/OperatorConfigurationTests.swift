import Decisions
import HTTPTransport
import KubernetesModel
import Testing
import WorkerContract

@testable import Reconcilers

@Suite struct OperatorConfigurationTests {
  @Test func `images suffice, everything else has a default`() throws {
    let text = "images: {worker: w:1, server: s:1}"
    let settings = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings
    #expect(settings == OperatorSettings(images: .init(worker: "w:1", server: "s:1"), network: ServerNetwork()))
    #expect(settings.storage.telemetryLocation(in: "shop") == "sqlite:///var/lib/apus/telemetry/shop.sqlite")
  }

  @Test func `who reaches servers is read, and what models must have`() throws {
    let text = """
      images: {worker: w:1, server: s:1}
      security: {required: true}
      networkPolicy:
        adminFrom: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]
        openPorts: [15008]
      """
    let settings = try OperatorConfiguration(yaml: Array(text.utf8), file: "operator.yaml").settings
    #expect(settings.requiresTokens)
    #expect(
      settings.network
        == ServerNetwork(
          adminPeers: [["namespaceSelector": [:]], ["ipBlock": ["cidr": "10.0.0.0/8"]]], openPorts: [15008]))
    let off = "images: {worker: w:1, server: s:1}\nnetworkPolicy: {enabled: false}"
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
    ("images: {worker: w, server: s}\nnetworkPolicy: {adminFrom: [{}]}", "networkPolicy.adminFrom[0] must be a peer"),
    (
      "images: {worker: w, server: s}\nnetworkPolicy: {adminFrom: [{ports: [1]}]}",
      "networkPolicy.adminFrom[0] must be a peer"
    ),
    (
      "images: {worker: w, server: s}\nnetworkPolicy: {adminFrom: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}",
      "networkPolicy.adminFrom[0] must be a peer"
    ),
    ("images: {worker: w, server: s}\nnetworkPolicy: {openPorts: [8081]}", "networkPolicy.openPorts[0]"),
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
      (#"{"status":"error","error":"parse error"}"#, nil, "parse error"), ("no JSON", nil, "the server answered 200"),
    ] as [(String, Double?, String?)])
  func `a Prometheus answer is one number or a reason`(_ body: String, _ value: Double?, _ problem: String?) {
    let query = PerformanceRules.Query(name: "q", server: "http://p", promql: "up", below: 0.3)
    let reading = PrometheusReader.reading(query, HTTPResponse(status: 200, body: Array(body.utf8)))
    #expect(reading.value == value)
    #expect(reading.problem == problem)
    #expect(reading.fires == (value == 0.25))
  }

  @Test func `a query is percent-encoded`() {
    #expect(PrometheusReader.percentEncoded(#"sum(x{a="ü"})"#) == "sum%28x%7Ba%3D%22%C3%BC%22%7D%29")
  }
}
