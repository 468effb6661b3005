import Foundation
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("Mount paths in a container's texts")
struct MountTableTests {
  private let table: MountTable = {
    var table = MountTable()
    table.add("/var/lib/apus", at: "/state/volumes/ml/apus-data")
    table.add("/var/lib/apus/cache/", at: "/state/cache")
    table.add("/tmp", at: "/state/tmp")
    return table
  }()

  @Test(
    "are replaced as whole path prefixes, the longest first",
    arguments: [
      ("/var/lib/apus", "/state/volumes/ml/apus-data"),
      ("/var/lib/apus/", "/state/volumes/ml/apus-data/"),
      ("file:///var/lib/apus/artifacts", "file:///state/volumes/ml/apus-data/artifacts"),
      ("sqlite:///var/lib/apus/t.sqlite?x=/tmp/y", "sqlite:///state/volumes/ml/apus-data/t.sqlite?x=/state/tmp/y"),
      ("/var/lib/apus/cache/x", "/state/cache/x"),
      ("cp /tmp/a,/var/lib/apus:rw", "cp /state/tmp/a,/state/volumes/ml/apus-data:rw"),
      ("--dir=/tmp", "--dir=/state/tmp"),
      (
        "/var/lib/apus2 /var/lib/apus-old /srv/var/lib/apus a//tmp",
        "/var/lib/apus2 /var/lib/apus-old /srv/var/lib/apus a//tmp"
      ),
      ("/tmpx /my/tmp", "/tmpx /my/tmp"),
      ("", ""),
    ])
  func rewriting(text: String, expected: String) {
    #expect(table.rewriting(text) == expected)
  }

  @Test("are told to programs as JSON")
  func json() {
    #expect(table.json["/var/lib/apus/cache"] == "/state/cache")
  }
}

@Suite("A container's environment")
struct ContainerEnvironmentTests {
  private let context = EnvironmentContext(
    pod: aPod("p1", labels: ["app": "web"]) { $0.set("trainer", at: ["spec", "serviceAccountName"]) },
    address: "127.130.0.2",
    configMaps: [
      "settings": ["metadata": ["name": "settings", "namespace": "default"], "data": ["A": "1", "B": "2"]]
    ],
    secrets: ["keys": ["metadata": ["name": "keys", "namespace": "default"], "data": ["token": "czNjcjN0"]]])

  private func variables(_ container: JSONValue) throws -> [String: String] {
    var environment = ContainerEnvironment()
    try environment.add(ContainerSpecification(json: container), context)
    return environment.variables
  }

  @Test("takes values, references to what came before, fields and keys")
  func values() throws {
    let variables = try variables([
      "env": [
        ["name": "X", "value": "x"], ["name": "Y", "value": "$(X)/$(MISSING)/$$(X)"],
        ["name": "NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
        ["name": "APP", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]],
        ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
        ["name": "ACCOUNT", "valueFrom": ["fieldRef": ["fieldPath": "spec.serviceAccountName"]]],
        ["name": "A", "valueFrom": ["configMapKeyRef": ["name": "settings", "key": "A"]]],
        ["name": "TOKEN", "valueFrom": ["secretKeyRef": ["name": "keys", "key": "token"]]],
        ["name": "NONE", "valueFrom": ["secretKeyRef": ["name": "gone", "key": "x", "optional": true]]],
      ]
    ])
    #expect(
      variables == [
        "X": "x", "Y": "x/$(MISSING)/$(X)", "NAME": "p1", "APP": "web", "IP": "127.130.0.2", "ACCOUNT": "trainer",
        "A": "1", "TOKEN": "s3cr3t",
      ])
  }

  @Test("takes whole objects with a prefix, which single values override")
  func sources() throws {
    let variables = try variables([
      "envFrom": [
        ["prefix": "P_", "configMapRef": ["name": "settings"]], ["secretRef": ["name": "keys"]],
        ["configMapRef": ["name": "gone", "optional": true]],
      ],
      "env": [["name": "P_A", "value": "mine"]],
    ])
    #expect(variables == ["P_A": "mine", "P_B": "2", "token": "s3cr3t"])
  }

  @Test(
    "names what is missing, in the kubelet's words",
    arguments: [
      (["configMapKeyRef": ["name": "gone", "key": "x"]], "configmap \"gone\" not found"),
      (["secretKeyRef": ["name": "keys", "key": "x"]], "couldn't find key x in Secret default/keys"),
      (["fieldRef": ["fieldPath": "spec.magic"]], "unsupported fieldPath: spec.magic"),
    ] as [(JSONValue, String)])
  func missing(source: JSONValue, message: String) {
    #expect(throws: LaunchRefusal.configuration(message)) {
      try variables(["env": [["name": "X", "valueFrom": source]]])
    }
  }
}

@Suite("Images")
struct ImageCatalogTests {
  private let catalog = ImageCatalog(
    programFolder: "/bin", programs: ["shell": "/bin/sh", "registry:5000/team/tool:2": "/opt/tool", "a/b": "/opt/b"])

  @Test(
    "stand for programs by reference, repository or last component, or for a program beside this one",
    arguments: [
      ("shell", "/bin/sh"), ("docker.io/library/shell:1.0", "/bin/sh"), ("registry:5000/team/tool:2", "/opt/tool"),
      ("a/b@sha256:00", "/opt/b"), ("ghcr.io/x/cat:0.1.0", "/bin/cat"), ("registry:5000/team/tool:3", nil),
      ("nginx:latest", nil),
    ] as [(String, String?)])
  func programs(image: String, path: String?) {
    #expect(catalog.program(for: image) == path)
  }

  @Test("that are unknown are refused with the way to map them")
  func refusal() {
    #expect(catalog.refusal(of: "docker.io/library/nginx:1.27").contains("--images nginx=/path/to/program"))
  }
}

@Suite("Restarts and probes")
struct RestartTests {
  @Test("the first restart is at once, then 10 s doubling to 5 minutes; a long run forgives")
  func backoff() {
    var backoff = CrashBackoff()
    #expect((0..<8).map { _ in backoff.delay(afterRunOf: 1) } == [0, 10, 20, 40, 80, 160, 300, 300])
    #expect(backoff.delay(afterRunOf: 700) == 0)
  }

  @Test("a verdict changes only when its threshold is reached in a row")
  func tally() throws {
    let probe = try #require(
      ProbeSpecification(
        ["tcpSocket": ["port": 80], "successThreshold": 2, "failureThreshold": 3],
        container: ContainerSpecification(json: [:])))
    var tally = ProbeTally(probe)
    let results = [true, true, false, false, true, false, false, false, true, true].map { tally.count($0) }
    #expect(results == [nil, true, true, true, true, true, true, false, false, true])
  }
}
