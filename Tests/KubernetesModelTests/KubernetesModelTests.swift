import KubernetesModel
import Testing

@Suite("Objects as Swift values")
struct ObjectTests {
  @Test(
    "What keeps a Secret's value from being one line is told, line ends at its ends do not count",
    arguments: [
      (Array("url\n".utf8), nil), (Array("url\r\n".utf8), nil), (Array(" \n".utf8), "is empty"), ([], "is empty"),
      (Array("a\nb\n".utf8), "has a line end in its middle"), ([0xFF, 0xFE], "is not UTF-8 text"),
      (nil, "has no key 'k'"),
    ] as [([UInt8]?, String?)])
  func lineOfSecret(value: [UInt8]?, shortcoming: String?) {
    let data = value.map { ["k": Base64.encode($0)] } ?? [:]
    let told = Secret(metadata: ObjectMeta(name: "s"), data: data).shortcoming(ofLine: "k")
    #expect((told == nil) == (shortcoming == nil))
    if let shortcoming { #expect(told?.contains(shortcoming) == true, "\(told ?? "")") }
  }

  @Test("A job keeps its shape through JSON, lists that are empty are left out")
  func jobRoundTrip() throws {
    var container = Container(name: "train", image: "apus-worker:1", command: ["apus-worker"], args: ["train"])
    container.env = [
      EnvironmentVariable(name: "POD_IP", valueFrom: .field("status.podIP")),
      EnvironmentVariable(name: "URL", valueFrom: .secret(KeyReference(name: "warehouse", key: "url"))),
    ]
    container.readinessProbe = Probe(httpGet: .init(path: "/ready", port: "http"), periodSeconds: 5)
    var spec = PodSpec(containers: [container], volumes: [Volume(name: "tmp", emptyDir: .init())])
    spec.restartPolicy = "Never"
    let job = Job(
      metadata: ObjectMeta(name: "income-train-1", namespace: "default", labels: ["apus.dev/model": "income"]),
      spec: .init(template: PodTemplateSpec(spec: spec)))
    let manifest = try job.manifest
    #expect(manifest["apiVersion"] == "batch/v1")
    #expect(manifest["kind"] == "Job")
    #expect(manifest["metadata"]?.object?.keys.sorted() == ["labels", "name", "namespace"])
    #expect(
      manifest[path: "spec", "template", "spec"]?["volumes"] == [["name": "tmp", "emptyDir": [:]]])
    #expect(try manifest.decode(as: Job.self) == job)
    #expect(try JSONValue(parsing: manifest.text).decode(as: Job.self) == job)
  }

  @Test("Items of lists have no kind and no empty lists, and are read all the same")
  func sparse() throws {
    let pod = try JSONValue(
      parsing: """
        {"metadata": {"name": "p", "managedFields": [{"manager": "x"}], "labels": null}, "status": {"phase": "Failed",
         "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": null}],
         "containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": 65, "message": "{}"}}}]}}
        """
    ).decode(as: Pod.self)
    #expect(pod.metadata.labels.isEmpty)
    #expect(!pod.isReady)
    #expect(pod.terminationMessage(ofContainer: "main") == "{}")
    #expect(pod.status?.containerStatuses.first?.state?.terminated?.exitCode == 65)
  }

  @Test("Another tool's settings of a pod's place, rights and resources are kept")
  func othersSettings() throws {
    let term: JSONValue = [
      "topologyKey": "zone", "namespaces": ["a"], "namespaceSelector": [:], "matchLabelKeys": ["hash"],
      "mismatchLabelKeys": ["tenant"], "labelSelector": ["matchExpressions": [["key": "a", "operator": "Exists"]]],
    ]
    let nodes: JSONValue = [
      "requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": [["matchFields": []]]]
    ]
    let labels: JSONValue = ["user": "u", "role": "r", "type": "t", "level": "s0"]
    let pod: JSONValue = [
      "affinity": [
        "nodeAffinity": nodes, "podAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [term]],
        "podAntiAffinity": [
          "preferredDuringSchedulingIgnoredDuringExecution": [["weight": 5, "podAffinityTerm": term]]
        ],
      ],
      "securityContext": [
        "runAsUser": 1, "runAsGroup": 2, "runAsNonRoot": true, "fsGroup": 3, "fsGroupChangePolicy": "Always",
        "supplementalGroups": [4], "supplementalGroupsPolicy": "Strict", "sysctls": [["name": "a", "value": "1"]],
        "seccompProfile": ["type": "Localhost", "localhostProfile": "p"], "appArmorProfile": ["type": "Unconfined"],
        "seLinuxOptions": labels, "seLinuxChangePolicy": "Recursive", "windowsOptions": ["hostProcess": false],
      ],
      "containers": [
        [
          "name": "main", "resources": ["requests": ["cpu": "1"], "limits": ["cpu": "2"], "claims": [["name": "gpu"]]],
          "securityContext": [
            "privileged": false, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": 1,
            "runAsGroup": 2, "runAsNonRoot": true, "procMount": "Default",
            "capabilities": ["add": ["NET_ADMIN"], "drop": ["ALL"]], "seccompProfile": ["type": "RuntimeDefault"],
            "appArmorProfile": ["type": "RuntimeDefault"], "seLinuxOptions": labels,
            "windowsOptions": ["runAsUserName": "a"],
          ],
        ]
      ],
    ]
    let deployment: JSONValue = [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "theirs", "namespace": "shop"],
      "spec": [
        "selector": ["matchLabels": ["a": "b"]], "template": ["metadata": ["labels": ["a": "b"]], "spec": pod],
        "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": 1]],
      ],
    ]
    #expect(try deployment.decode(as: Deployment.self).manifest == deployment)
  }

  @Test("Quantities may be numbers, as in templates inside of custom resources")
  func quantities() throws {
    let resources = try JSONValue(parsing: #"{"requests": {"cpu": 0.5, "memory": "1Gi"}, "limits": {"cpu": 2}}"#)
    #expect(
      try resources.decode(as: ResourceRequirements.self)
        == ResourceRequirements(requests: ["cpu": "0.5", "memory": "1Gi"], limits: ["cpu": "2"]))
    let claim = try JSONValue(parsing: #"{"requests": {"storage": 1000}}"#)
    #expect(try claim.decode(as: PersistentVolumeClaim.Spec.Resources.self).requests == ["storage": "1000"])
    let error = #expect(throws: JSONMismatch.self) {
      try (["limits": ["cpu": true]] as JSONValue).decode(as: ResourceRequirements.self)
    }
    #expect(error?.description == "limits.cpu: a quantity such as 500m or 2Gi is expected")
  }

  @Test("A misfit is named with its path")
  func misfit() throws {
    let value: JSONValue = ["metadata": [:], "spec": ["template": ["spec": ["containers": [["name": 3]]]]]]
    let error = #expect(throws: JSONMismatch.self) { try value.decode(as: Job.self) }
    #expect(error?.path == "spec.template.spec.containers[0].name")
    #expect(error?.reason == "a text is expected, the number 3 was found")
    let missing = #expect(throws: JSONMismatch.self) { try JSONValue.object([:]).decode(as: Job.self) }
    #expect(missing?.description == "metadata: is required")
  }

  @Test("A secret never shows its bytes")
  func secret() {
    let secret = Secret(metadata: ObjectMeta(name: "s"), data: ["k": Base64.encode("hunter2".utf8)])
    #expect(secret.text("k") == "hunter2")
    for text in ["\(secret)", String(reflecting: secret), "\(Mirror(reflecting: secret).children.map { $0 })"] {
      #expect(!text.contains(Base64.encode("hunter2".utf8)))
    }
  }
}

@Suite("Conditions")
struct ConditionTests {
  @Test("The transition time moves with the status only")
  func transition() {
    var conditions: [Condition] = []
    let start = Timestamp(secondsSince1970: 1000.75)
    conditions.set("Ready", .unknown, reason: "New", message: "seen", generation: 1, at: start)
    conditions.set("Ready", .unknown, reason: "Other", message: "x", generation: 2, at: start.advanced(bySeconds: 60))
    #expect(conditions["Ready"]?.lastTransitionTime == Timestamp(secondsSince1970: 1000))
    #expect(conditions["Ready"]?.reason == "Other")
    #expect(conditions["Ready"]?.observedGeneration == 2)
    conditions.set("Ready", .yes, reason: "Done", message: "y", generation: 2, at: start.advanced(bySeconds: 120))
    #expect(conditions["Ready"]?.lastTransitionTime == Timestamp(secondsSince1970: 1120))
    conditions.clear("Ready")
    #expect(conditions.isEmpty)
  }
}

@Suite("Times")
struct TimestampTests {
  @Test(
    "Texts and seconds",
    arguments: [
      ("1970-01-01T00:00:00Z", 0.0), ("2000-02-29T12:00:00Z", 951_825_600), ("2026-11-21T23:20:00Z", 1_795_303_200),
      ("1969-12-31T23:59:59Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799),
      ("1600-03-01T00:00:00Z", -11_670_912_000),
    ])
  func both(_ text: String, _ seconds: Double) {
    #expect(Timestamp(text)?.secondsSince1970 == seconds)
    #expect(Timestamp(secondsSince1970: seconds).description == text)
  }

  @Test("Fractions and offsets are read")
  func offsets() {
    #expect(Timestamp("2026-11-22T01:20:00.5+02:00")?.secondsSince1970 == 1_795_303_200.5)
    #expect(Timestamp("2026-11-21T20:50:00-02:30")?.secondsSince1970 == 1_795_303_200)
    #expect(MicroTime(Timestamp(secondsSince1970: 1_795_303_200.123456)).description == "2026-11-21T23:20:00.123456Z")
    #expect(MicroTime(Timestamp(secondsSince1970: -0.25)).description == "1969-12-31T23:59:59.750000Z")
  }

  @Test(
    "Other texts are no times",
    arguments: [
      "", "2026-11-21", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-21T23:20:00", "2026-11-21T24:00:00Z",
    ]
  )
  func refused(_ text: String) { #expect(Timestamp(text) == nil) }
}

@Suite("Names")
struct ObjectNameTests {
  @Test("Short names are joined, long names are cut and stay apart")
  func cut() {
    #expect(ObjectName.joined("income", "train", "3") == "income-train-3")
    let long = String(repeating: "a", count: 62)
    let first = ObjectName.joined(long, "train", "1")
    let second = ObjectName.joined(long, "train", "2")
    #expect(first.utf8.count == 63)
    #expect(first != second)
    #expect(ObjectName.isDNSLabel(first))
    #expect(ObjectName.joined(long, "train", "1") == first)
    #expect(ObjectName.bounded(String(repeating: "-", count: 80)).utf8.count == 8)
    #expect(ObjectName.isDNSLabel(ObjectName.bounded("Über_Modell", limit: 52)))
    #expect(ObjectName.labelValue("v4") == "v4")
    #expect(ObjectName.labelValue(long + "_xyz").utf8.count <= 63)
  }
}

@Suite("Selectors")
struct LabelSelectorTests {
  @Test(
    "Texts select as on the server",
    arguments: [
      ("a=1", true), ("a==1", true), ("a!=1", false), ("a in (1,2)", true), ("a notin (1, 2)", false), ("a,!b", true),
      ("b", false), ("b!=1", true), ("", true), ("apus.dev/model=x,a=1", true),
    ])
  func select(_ text: String, _ matches: Bool) throws {
    let selector = try #require(LabelSelector(text))
    #expect(selector.matches(["a": "1", "apus.dev/model": "x"]) == matches)
    #expect(LabelSelector(selector.text) == selector)
  }

  @Test("Other texts are refused", arguments: ["a in", "a b", "!", "a in (1", ","])
  func refused(_ text: String) { #expect(LabelSelector(text) == nil) }
}

@Suite("Canonical JSON")
struct CanonicalTests {
  @Test("A fingerprint depends on the content only")
  func fingerprint() throws {
    let first = try JSONValue(parsing: #"{"a":1,"b":[1,2]}"#)
    let second = try JSONValue(parsing: #"{ "b": [1, 2], "a": 1 }"#)
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.fingerprint.count == 16)
    #expect(first.fingerprint != JSONValue.object([:]).fingerprint)
    // Published FNV-1a test vector.
    #expect(StableHash.hexadecimal("foobar".utf8) == "85944171f73967e8")
  }

  @Test("Containment sees what an apply would change")
  func containment() {
    let live: JSONValue = ["spec": ["replicas": 2, "x": 1, "list": [["name": "a", "extra": true]]], "status": [:]]
    #expect((["spec": ["replicas": 2, "list": [["name": "a"]]]] as JSONValue).isContained(in: live))
    #expect(!(["spec": ["replicas": 3]] as JSONValue).isContained(in: live))
    #expect(!(["spec": ["list": []]] as JSONValue).isContained(in: live))
    #expect((["spec": ["none": [:]]] as JSONValue).isContained(in: live))
  }

  @Test("A merge patch says exactly what changes")
  func mergePatch() {
    let old: JSONValue = ["a": 1, "b": ["c": 1, "d": 2], "l": [1]]
    #expect(old.mergePatch(from: old) == JSONValue?.none)
    #expect(
      (["a": 1, "b": ["c": 3], "l": [1, 2], "n": true] as JSONValue).mergePatch(from: old)
        == ["b": ["c": 3, "d": .null], "l": [1, 2], "n": true])
  }

  @Test("Templates are merged by name")
  func merge() {
    let base: JSONValue = ["containers": [["name": "main", "image": "a", "args": ["1"]]], "x": 1]
    let overlay: JSONValue = ["containers": [["name": "main", "args": ["2"]], ["name": "side"]], "x": .null]
    #expect(
      base.merged(with: overlay) == ["containers": [["name": "main", "image": "a", "args": ["2"]], ["name": "side"]]])
  }

  @Test(
    "Base64 in both directions",
    arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
  func base64(_ plain: String, _ text: String) {
    #expect(Base64.encode(plain.utf8) == text)
    #expect(Base64.decode(text) == Array(plain.utf8))
  }

  @Test("Not base64", arguments: ["Z", "Z===", "Zg=a", "ä"])
  func notBase64(_ text: String) { #expect(Base64.decode(text) == nil) }
}
