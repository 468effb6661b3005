import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Who reaches a model's servers.
@Suite struct ServerNetworkTests {
  private static func objects(
    _ spec: JSONValue = [:], _ network: ServerNetwork? = ServerNetwork(), keys: String? = nil, canRestrict: Bool = true
  ) -> [DesiredObject] {
    var chosen = settings
    chosen.network = network
    return ServerSet(
      model: "income", namespace: "shop",
      owner: OwnerReference(apiVersion: "apus.dev/v1alpha1", kind: "ModelDeployment", name: "income", uid: "u"),
      serving: aModel("income", spec).spec.serving,
      routing: RoutingTable(
        namespace: "shop", model: "income", revision: 4,
        entries: [.init(version: "v1", digest: "sha256:1", weight: 100, role: .production)]),
      canAutoscale: true, operatorKeys: keys, canRestrictNetwork: canRestrict
    ).objects(chosen)
  }

  private static func ingress(_ spec: JSONValue = [:], _ network: ServerNetwork = ServerNetwork()) throws -> [JSONValue]
  {
    let policy = try #require(objects(spec, network).first { $0.resource == Resource.networkPolicies }).manifest
    #expect(
      policy[path: "spec", "podSelector", "matchLabels"] == [
        "apus.dev/component": "server", "apus.dev/model": "income",
      ])
    #expect(policy[path: "spec", "policyTypes"] == ["Ingress"])
    #expect(policy[path: "metadata", "ownerReferences"]?.array?.count == 1)
    return try #require(policy[path: "spec", "ingress"]?.array)
  }

  private static func port(_ number: Int64, _ transport: String = "TCP") -> JSONValue {
    ["port": .integer(number), "protocol": .string(transport)]
  }

  private static let monitoring: JSONValue = ["namespaceSelector": ["matchLabels": ["team": "monitoring"]]]

  @Test func `clients come from everywhere, and pods of all namespaces reach the rest where nobody is named`() throws {
    let rules = try Self.ingress([:], ServerNetwork(operatorNamespace: "apus-system"))
    #expect(rules.count == 2)
    #expect(rules[0] == ["ports": [Self.port(8080)]])
    #expect(rules[1]["ports"] == nil)
    // A selector that is empty could be taken for one that is absent.
    #expect(
      rules[1]["from"] == [
        ["namespaceSelector": ["matchExpressions": [["key": "kubernetes.io/metadata.name", "operator": "Exists"]]]]
      ])
    // An operator outside of the cluster does not shut itself out.
    #expect(try Self.ingress().last == [:])
  }

  @Test func `port 8081 is for the operator's namespace and for who is named`() throws {
    let network = ServerNetwork(adminPeers: [Self.monitoring], operatorNamespace: "apus-system")
    let rules = try Self.ingress([:], network)
    #expect(
      rules == [
        ["ports": [Self.port(8080)]],
        [
          "from": [
            ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "apus-system"]]], Self.monitoring,
          ], "ports": [Self.port(8081)],
        ],
      ])
    // An empty list in a rule means everybody.
    #expect(try Self.ingress([:], ServerNetwork(adminPeers: [])) == [["ports": [Self.port(8080)]]])
    // What is written stays as it is written.
    let all: JSONValue = ["namespaceSelector": [:]]
    #expect(try Self.ingress([:], ServerNetwork(adminPeers: [all])).last?["from"] == [all])
  }

  @Test func `ports of a template's containers and of the configuration stay open, port 8081 does not`() throws {
    let template: JSONValue = [
      "containers": [
        ["name": "server", "ports": [["containerPort": 9999]]],
        [
          "name": "proxy",
          "ports": [
            ["containerPort": 9000], ["containerPort": 9000], ["containerPort": 53, "protocol": "UDP"],
            ["containerPort": 8081],
          ],
        ],
      ]
    ]
    for spec in [template, ["spec": template]] {
      let rules = try Self.ingress(
        ["serving": ["template": spec]], ServerNetwork(adminPeers: [Self.monitoring], openPorts: [15008, 9000]))
      #expect(
        rules[0] == [
          "ports": [Self.port(8080), Self.port(9999), Self.port(9000), Self.port(53, "UDP"), Self.port(15008)]
        ])
    }
  }

  @Test func `a NetworkPolicy is made only where it is wanted and allowed`() {
    #expect(!Self.objects([:], nil).contains { $0.resource == Resource.networkPolicies })
    #expect(!Self.objects([:], canRestrict: false).contains { $0.resource == Resource.networkPolicies })
  }

  @Test func `port 8081 has a headless Service of its own, whose port no scrape of clients' Service takes for its own`()
    throws
  {
    let services = Self.objects().filter { $0.resource == Resource.services }
    #expect(services.map(\.name) == ["income", "income-admin-port"])
    #expect(services[0].manifest[path: "spec", "ports"]?.array?.compactMap { $0["port"]?.integer } == [8080, 8081])
    #expect(services[1].manifest[path: "spec", "ports"]?.array?.compactMap { $0["port"]?.integer } == [8081])
    #expect(services[1].manifest[path: "spec", "clusterIP"] == "None")
    let names = services.map { $0.manifest[path: "spec", "ports"]?.array?.compactMap { $0["name"]?.string } ?? [] }
    #expect(names == [["http", "metrics"], ["admin"]])
  }

  @Test func `keys stand beside the table, and change no pod`() throws {
    let (without, with) = (Self.objects(), Self.objects(keys: "{}"))
    func only(_ objects: [DesiredObject], _ resource: GroupVersionResource) -> JSONValue? {
      objects.first { $0.resource == resource }?.manifest
    }
    #expect(only(with, Resource.configMaps)?[path: "data", "operator-keys.json"] == "{}")
    #expect(only(without, Resource.configMaps)?["data"]?.object?.count == 1)
    #expect(only(with, Resource.deployments) == only(without, Resource.deployments))
  }

  // MARK: Tokens

  @Test func `tokens with some of the rights are mounted beside those with all`() throws {
    let security: JSONValue = [
      "tokenSecretRef": ["name": "clients", "key": "tokens"],
      "tokens": [
        ["secretRef": ["name": "labellers", "key": "token"], "rights": ["feedback"]],
        ["secretRef": ["name": "auditors", "key": "a.txt"], "rights": ["logs", "predict"]],
      ],
    ]
    let objects = Self.objects(["serving": ["security": security]])
    let deployment = try #require(objects.first { $0.resource == Resource.deployments }).manifest
    let pod = try #require(deployment[path: "spec", "template", "spec"])
    let arguments = pod["containers"]?[0]?["args"]?.array?.compactMap(\.string) ?? []
    #expect(arguments.contains("--token-file") && arguments.contains("--admin-token-file"))
    #expect(arguments.contains("/etc/apus/client-tokens/0/token=feedback"))
    #expect(arguments.contains("/etc/apus/client-tokens/1/a.txt=logs,predict"))
    let secrets = pod["volumes"]?.array?.compactMap { $0[path: "secret", "secretName"]?.string }
    #expect(secrets == ["clients", "labellers", "auditors"])
    let mounts = pod["containers"]?[0]?["volumeMounts"]?.array?.filter {
      $0["mountPath"]?.string?.contains("tokens") == true
    }
    #expect(mounts?.count == 3 && mounts?.allSatisfy { $0["readOnly"] == true } == true)
  }

  @Test(
    arguments: [
      ([:], false), (["tlsSecretRef": ["name": "tls"]], false), (["tokenSecretRef": ["name": "a", "key": "b"]], true),
      (["tokens": [["secretRef": ["name": "a", "key": "b"], "rights": ["predict"]]]], true),
    ] as [(JSONValue, Bool)])
  func `where tokens are required a model without is refused, and goes on as it is served`(
    _ security: JSONValue, _ isServed: Bool
  ) throws {
    var strict = settings
    strict.requiresTokens = true
    let decision = ModelObservation(
      now: noon, model: aModel("income", ["serving": ["security": security]]), settings: strict
    ).decide()
    let stalled = decision.status.conditions["Stalled"]
    #expect((stalled == nil) == isServed)
    if !isServed {
      #expect(stalled?.reason == "TokensRequired" && decision.apply.isEmpty)
      #expect(stalled?.message.contains("spec.serving.security.tokenSecretRef or tokens") == true)
    }
  }
}
