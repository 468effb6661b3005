import ApusAPI
import KubernetesModel
import Testing

@testable import Decisions

/// Which labels and annotations of a template reach its pods.
@Suite struct TemplateMarkTests {
  private static func left(_ metadata: JSONValue, _ grants: TemplateGrants = .init()) -> [String] {
    TemplateMark.leftOut(of: ["metadata": metadata, "spec": [:]], grants, in: "shop")
  }

  @Test(arguments: [
    "prometheus.io/scrape", "kubectl.kubernetes.io/default-container", "sidecar.istio.io/inject", "linkerd.io/inject",
    "cluster-autoscaler.kubernetes.io/safe-to-evict", "ad.datadoghq.com/tags", "checksum/config", "team",
  ])
  func `what only lets a pod be watched, moved or joined is taken`(_ key: String) {
    let template: JSONValue = ["metadata": ["annotations": .object([key: "x"])], "spec": [:]]
    #expect(TemplateMark.leftOut(of: template, .init(), in: "shop") == [])
    #expect(TemplateMark.taken(from: template, .init(), in: "shop") == template)
  }

  @Test(arguments: [
    "sidecar.istio.io/userVolume", "sidecar.istio.io/userVolumeMount", "sidecar.istio.io/proxyImage",
    "iam.amazonaws.com/role", "vault.hashicorp.com/agent-inject", "ad.datadoghq.com/server.checks", "unknown.example/x",
    "sidecar.istio.io/inject/x", "inject.sidecar.istio.io/templates", "config.linkerd.io/proxy-image",
  ])
  func `what may steer a webhook or an agent is left out, unless it is allowed`(_ key: String) {
    let template: JSONValue = ["metadata": ["annotations": .object([key: "x", "team": "a"])], "spec": [:]]
    #expect(TemplateMark.leftOut(of: template, .init(), in: "shop") == [key])
    #expect(
      TemplateMark.taken(from: template, .init(), in: "shop")
        == ["metadata": ["annotations": ["team": "a"]], "spec": [:]])
    let allowing = TemplateGrants(allow: ["metadata.annotations"])
    #expect(TemplateMark.taken(from: template, allowing, in: "shop") == template)
  }

  @Test func `labels are taken, but for those that give a cloud's identity`() {
    #expect(
      Self.left([
        "labels": ["aadpodidbinding": "x", "azure.workload.identity/use": "true", "app": "a", "b.example/c": "d"]
      ])
        == ["aadpodidbinding", "azure.workload.identity/use"])
    #expect(Self.left(["labels": ["aadpodidbinding": "x"]], .init(allow: ["metadata.labels"])) == [])
    #expect(TemplateMark.leftOut(of: ["nodeSelector": [:]], .init(), in: "shop") == [])
    #expect(TemplateMark.taken(from: nil, .init(), in: "shop") == nil)
  }

  private static func spec(_ template: JSONValue) -> JSONValue {
    ["training": ["template": template], "serving": ["template": template]]
  }

  @Test func `a model with such an annotation is served and trained, its new pods lack it, and its conditions say so`()
    throws
  {
    let template: JSONValue = ["metadata": ["annotations": ["iam.amazonaws.com/role": "admin", "team": "a"]]]
    let world = World.serving(aModel("income", Self.spec(template)))
    #expect(world.stage("v1") == .production && world.modelCondition(.stalled)?.status != .yes)
    for object in ["deployments/income", "jobs/income-train-1"] {
      let annotations = try #require(
        world.objects[object]?.manifest[path: "spec", "template", "metadata", "annotations"])
      #expect(annotations["iam.amazonaws.com/role"] == nil && annotations["team"] == "a", "\(object)")
    }
    for (type, field) in [(ConditionType.serving, "serving"), (.trained, "training")] {
      let message = try #require(world.modelCondition(type)?.message)
      #expect(
        message.contains("spec.\(field).template.metadata: 'iam.amazonaws.com/role' may steer more than the pod"),
        "\(message)")
    }
    let warnings = try #require(world.model).spec.templateWarnings.map(\.description)
    #expect(warnings.count == 2 && warnings.allSatisfy { $0.contains("iam.amazonaws.com/role") }, "\(warnings)")
  }
}
