import ApusAPI
import Foundation
import KubernetesModel
import TestSupport
import Testing
import YAMLCoding

@Suite("Manifests")
struct ObjectTests {
  static let versions = ["1.29", "1.31", "1.33", "1.37"]
  static let hasValidator = PythonEnvironment.has("kubernetes_validate")
  static let hasHelm = PythonEnvironment.has("helm_sdkpy")

  private static func findings(_ objects: [JSONValue]) async throws -> [String] {
    try await Tool.check("kubernetes-objects", versions, input: .array(objects)).array?.compactMap(\.string) ?? []
  }

  @Test(
    "of the installation and the CRDs fit the schemas of current Kubernetes versions",
    .enabled(if: hasValidator, "needs .venv with kubernetes-validate: scripts/python-environment"))
  func installation() async throws {
    let crds = try Repository.files("crds", ending: ".yaml").flatMap(Repository.documents)
    #expect(crds.count == 3)
    let install = try Repository.installObjects()
    #expect(install.count > 8)
    #expect(try await Self.findings(crds + install) == [])
  }

  @Test("list every file of the installation in its kustomization")
  func kustomization() throws {
    let listed = try Repository.documents("manifests/install/kustomization.yaml").first?["resources"]?.array ?? []
    let present = try Repository.files("manifests/install", ending: ".yaml").map {
      $0.split(separator: "/").last.map(String.init) ?? ""
    }
    #expect(Set(listed.compactMap(\.string)) == Set(present).subtracting(["kustomization.yaml"]))
  }

  @Test("give the operator no wildcard and no way to write a spec")
  func leastRights() throws {
    for object in try Repository.installObjects() where ["ClusterRole", "Role"].contains(object["kind"]?.string) {
      let name = object[path: "metadata", "name"]?.string ?? ""
      for rule in object["rules"]?.array ?? [] {
        for key in ["apiGroups", "resources", "verbs"] { #expect(rule[key]?.array?.contains("*") == false, "\(name)") }
        let writes = Set(rule["verbs"]?.array?.compactMap(\.string) ?? []).intersection(["create", "update", "patch"])
        if name == "apus-operator", !writes.isEmpty {
          for spec in ["modeldeployments", "monitoringpolicies"] {
            #expect(rule["resources"]?.array?.contains(.string(spec)) == false, "writes \(spec)")
          }
        }
      }
    }
  }

  @Test("run the operator under the restricted profile")
  func restricted() throws {
    let deployment = try #require(try Repository.installObjects().first { $0["kind"] == "Deployment" })
    let pod = try #require(deployment[path: "spec", "template", "spec"])
    #expect(pod[path: "securityContext", "runAsNonRoot"] == true)
    #expect(pod[path: "securityContext", "seccompProfile", "type"] == "RuntimeDefault")
    for container in pod["containers"]?.array ?? [] {
      let security = try #require(container["securityContext"])
      #expect(security["allowPrivilegeEscalation"] == false)
      #expect(security["readOnlyRootFilesystem"] == true)
      #expect(security[path: "capabilities", "drop"] == ["ALL"])
    }
  }

  @Test("of samples have no problems", arguments: try Repository.files("manifests/samples", ending: ".yaml"))
  func samples(path: String) throws {
    let documents = try Repository.documents(path)
    #expect(documents.count == 2)
    for document in documents {
      if document["kind"] == "ModelDeployment" {
        #expect(ModelDeploymentSpec.schema.problems(in: document["spec"] ?? .null, at: "spec") == [])
        #expect(try ModelDeployment.decode(document).problems() == [])
      } else {
        #expect(MonitoringPolicySpec.schema.problems(in: document["spec"] ?? .null, at: "spec") == [])
        #expect(try MonitoringPolicy.decode(document).problems() == [])
      }
    }
  }

  // MARK: The chart

  private static func rendered(_ values: JSONValue, release: String = "apus") async throws -> [JSONValue] {
    try await Tool.check("render-chart", ["charts/apus", release, "apus-system"], input: values).array ?? []
  }

  /// Without what Helm and the chart add to every object.
  private static func comparable(_ object: JSONValue) throws -> JSONValue {
    var object = object
    for label in ["helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"] {
      object.set(nil, at: ["metadata", "labels", label])
    }
    object.set(nil, at: ["metadata", "annotations"])
    object.set(nil, at: ["spec", "template", "metadata", "annotations", ApusAnnotations.configurationDigest])
    if let text = object[path: "data", "operator.yaml"]?.string {
      object.set(withoutNulls(try YAML.document(text).value), at: ["data", "operator.yaml"])
    }
    return object
  }

  /// Helm takes a null value for "remove this default": absent and null mean the same to the operator.
  private static func withoutNulls(_ value: JSONValue) -> JSONValue {
    guard case .object(let members) = value else { return value }
    return .object(members.filter { !$0.value.isNull }.mapValues(withoutNulls))
  }

  private static func byName(_ objects: [JSONValue]) throws -> [String: JSONValue] {
    var result: [String: JSONValue] = [:]
    for object in objects {
      result["\(object["kind"]?.string ?? "") \(object[path: "metadata", "name"]?.string ?? "")"] = try comparable(
        object)
    }
    return result
  }

  @Test(
    "of the chart are those of the installation and the CRDs",
    .enabled(if: hasHelm, "needs .venv with helm-sdkpy: scripts/python-environment"))
  func chart() async throws {
    let rendered = try await Self.byName(Self.rendered([:]))
    var expected = try Self.byName(
      Repository.installObjects() + Repository.files("crds", ending: ".yaml").flatMap(Repository.documents))
    // Helm makes the namespace itself (--create-namespace).
    expected["Namespace apus-system"] = nil
    #expect(rendered.keys.sorted() == expected.keys.sorted())
    for (name, object) in expected { #expect(rendered[name] == object, "\(name)") }
  }

  @Test(
    "of the chart with everything switched on fit the schemas of current Kubernetes versions",
    .enabled(if: hasHelm && hasValidator, "needs .venv with helm-sdkpy: scripts/python-environment"))
  func fullChart() async throws {
    let objects = try await Self.rendered(
      [
        "replicas": 2, "podDisruptionBudget": ["enabled": true], "networkPolicy": ["enabled": true],
        "crds": ["enabled": false], "serviceAccount": ["name": "other"], "imagePullSecrets": [["name": "pull"]],
        "image": ["digest": .string("sha256:" + String(repeating: "0", count: 64))], "nodeSelector": ["disk": "ssd"],
        "tolerations": [["key": "a", "operator": "Exists"]], "priorityClassName": "high",
        "metrics": [
          "secure": true, "serviceMonitor": ["enabled": true], "podMonitor": ["enabled": true],
          "prometheusRule": ["enabled": true],
        ],
      ], release: "prod")
    #expect(try await Self.findings(objects) == [])
    let names = Set(objects.map { "\($0["kind"]?.string ?? "")" })
    #expect(
      names.isSuperset(of: ["PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor", "PodMonitor", "PrometheusRule"]))
    #expect(!names.contains("CustomResourceDefinition"))
    let operators = objects.filter { $0["kind"] == "Deployment" }
    #expect(operators.contains { $0.text.contains("--secure-metrics") })
    let rule = try #require(objects.first { $0["kind"] == "PrometheusRule" })
    #expect(rule[path: "spec", "groups"] == (try Repository.documents("prometheus/rules.yaml"))[0]["groups"])
  }

  @Test(
    "that protect the metrics are the same in the chart and beside the installation",
    .enabled(if: hasHelm, "needs .venv with helm-sdkpy: scripts/python-environment"))
  func protectedMetrics() async throws {
    let rendered = try await Self.byName(Self.rendered(["metrics": ["secure": true]]))
    let expected = try Self.byName(Repository.documents("manifests/secure-metrics/rbac-metrics.yaml"))
    #expect(expected.count == 3)
    for (name, object) in expected { #expect(rendered[name] == object, "\(name)") }
  }

  @Test(
    "of the chart are refused with wrong values",
    .enabled(if: hasHelm, "needs .venv with helm-sdkpy: scripts/python-environment"),
    arguments: [
      ["image": ["digest": "latest"]], ["replica": 2], ["configuration": ["storage": ["mountPath": "relative"]]],
    ] as [JSONValue])
  func wrongValues(values: JSONValue) async {
    await #expect(throws: ToolFailure.self) { try await Self.rendered(values) }
  }

  @Test("that are copies are identical", arguments: [("prometheus/rules.yaml", "charts/apus/files/rules.yaml")])
  func copies(original: String, copy: String) throws {
    #expect(try Repository.text(original) == Repository.text(copy))
  }
}
