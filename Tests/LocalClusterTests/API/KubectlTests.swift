import Foundation
import KubernetesModel
import LocalCluster
import Testing
import TestSupport

private let deployment = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, labels: {app: web}}
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - name: main
          image: nginx:1
          env: [{name: A, value: "1"}]
  """

private let definition = """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: models.test.dev}
  spec:
    group: test.dev
    scope: Namespaced
    names: {plural: models, singular: model, kind: Model, shortNames: [mo], categories: [test]}
    versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
      additionalPrinterColumns:
      - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
      - {name: Mode, type: string, jsonPath: .spec.mode, priority: 1}
      - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              description: What people want.
              required: [source]
              properties:
                source: {type: string, description: Where the data is.}
                mode: {type: string, enum: [Fast, Slow], default: Fast}
                replicas: {type: integer, minimum: 0, default: 1}
            status:
              type: object
              x-kubernetes-preserve-unknown-fields: true
  """

private func model(_ source: String, name: String = "income", extra: String = "") -> String {
  """
  apiVersion: test.dev/v1
  kind: Model
  metadata: {name: \(name)}
  spec: {source: \(source)\(extra)}
  """
}

/// The real kubectl against the running front.
@Suite(.enabled(if: RunningCluster.hasKubectl, "kubectl is not installed"))
struct KubectlTests {
  @Test("Client-side apply creates, leaves alone, changes; diff tells before")
  func clientSideApply() async throws {
    try await RunningCluster.with { cluster in
      #expect(try await cluster.succeed("apply", input: deployment).contains("created"))
      #expect(try await cluster.succeed("apply", input: deployment).contains("unchanged"))
      let changed = deployment.replacing("replicas: 2", with: "replicas: 3").replacing(
        "value: \"1\"", with: "value: \"9\"")
      let diff = try await cluster.kubectl("diff", input: changed)
      #expect(diff.code == 1)
      #expect(diff.out.contains("-  replicas: 2") && diff.out.contains("+  replicas: 3"))
      #expect(!diff.out.contains("+  resourceVersion"))
      #expect(try await cluster.succeed("apply", input: changed).contains("configured"))
      #expect(try await cluster.kubectl("diff", input: changed).code == 0)
      let wide = try await cluster.succeed("get", "deploy", "-o", "wide")
      #expect(wide.contains("0/3") && wide.contains("nginx:1") && wide.contains("app=web"))
      #expect(try await cluster.succeed("get", "deploy", "web", "-o", "yaml").contains("progressDeadlineSeconds: 600"))
      #expect(try await cluster.succeed("describe", "deploy", "web").contains("StrategyType:           RollingUpdate"))
    }
  }

  @Test("Server-side apply tells conflicts, and force ends them")
  func serverSideApply() async throws {
    try await RunningCluster.with { cluster in
      try await cluster.succeed("apply", "--server-side", input: definition)
      try await cluster.succeed("wait", "--for=condition=Established", "crd/models.test.dev", "--timeout=5s")
      try await cluster.succeed("apply", "--server-side", "--field-manager=one", input: model("a.csv"))
      let conflict = try await cluster.kubectl("apply", "--server-side", "--field-manager=two", input: model("b.csv"))
      #expect(conflict.code == 1)
      #expect(conflict.err.contains("Apply failed with 1 conflict: conflict with \"one\": .spec.source"))
      try await cluster.succeed(
        "apply", "--server-side", "--field-manager=two", "--force-conflicts", input: model("b.csv"))
      #expect(try await cluster.succeed("get", "mo", "income", "-o", "jsonpath={.spec.source}") == "b.csv")
      let diff = try await cluster.kubectl(
        "diff", "--server-side", "--field-manager=two", input: model("c.csv"))
      #expect(diff.code == 1 && diff.out.contains("+  source: c.csv"))
    }
  }

  @Test("A custom resource is validated, explained, patched, scaled, edited, waited for and deleted")
  func customResource() async throws {
    try await RunningCluster.with { cluster in
      try await cluster.succeed("apply", input: definition)
      var refused = try await cluster.kubectl("apply", input: model("a", extra: ", mode: Odd, replicas: -1"))
      #expect(refused.err.contains("* spec.mode: Unsupported value: \"Odd\": supported values: \"Fast\", \"Slow\""))
      #expect(
        refused.err.contains(
          "* spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0"))
      refused = try await cluster.kubectl("apply", input: model("a", extra: ", sorce: b"))
      #expect(refused.err.contains("strict decoding error: unknown field \"spec.sorce\""))
      try await cluster.succeed("apply", input: model("a"))
      let explained = try await cluster.succeed("explain", "mo.spec")
      #expect(explained.contains("Where the data is.") && explained.contains("-required-"))
      try await cluster.succeed("patch", "mo", "income", "--type=merge", "-p", #"{"spec":{"mode":"Slow"}}"#)
      try await cluster.succeed(
        "patch", "mo", "income", "--type=json", "-p", #"[{"op":"replace","path":"/spec/source","value":"z"}]"#)
      try await cluster.succeed("scale", "mo/income", "--replicas=4")
      try await cluster.succeed(
        "patch", "mo", "income", "--subresource=status", "--type=merge", "-p",
        #"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#)
      try await cluster.succeed("wait", "mo/income", "--for=condition=Ready", "--timeout=5s")
      try await cluster.succeed("edit", "mo", "income", environment: ["EDITOR": "sed -i s/source:.z/source:\\ edited/"])
      let found = try await cluster.succeed(
        "get", "mo", "income", "-o", "jsonpath={.spec.mode} {.spec.source} {.spec.replicas} {.metadata.generation}")
      #expect(found == "Slow edited 4 5")
      let lines = try await cluster.succeed("get", "test", "-o", "wide").split(separator: "\n")
      #expect(lines.first?.split(separator: " ").map(String.init) == ["NAME", "READY", "MODE", "AGE"])
      #expect(lines.last?.split(separator: " ").prefix(3).map(String.init) == ["income", "True", "Slow"])
      #expect(try await cluster.succeed("delete", "mo", "income").contains("deleted"))
      #expect(try await cluster.kubectl("get", "mo", "income").err.contains("models.test.dev \"income\" not found"))
    }
  }

  @Test("Built-in objects are created in every way kubectl has, patched strategically, explained and selected")
  func builtIn() async throws {
    try await RunningCluster.with { cluster in
      try await cluster.succeed("create", "namespace", "x")
      try await cluster.succeed("create", "configmap", "c", "--from-literal=a=b", "-n", "x")
      try await cluster.succeed("create", "secret", "generic", "s", "--from-literal=a=b", "-n", "x")
      #expect(try await cluster.succeed("get", "secret", "s", "-n", "x", "-o", "jsonpath={.data.a}") == "Yg==")
      try await cluster.succeed("create", "deployment", "web", "--image=nginx:1", "--replicas=2", "-n", "x")
      try await cluster.succeed(
        "patch", "deploy", "web", "-n", "x", "-p",
        #"{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"log:1"}]}}}}"#)
      let images = try await cluster.succeed(
        "get", "deploy", "web", "-n", "x", "-o", "jsonpath={.spec.template.spec.containers[*].image}")
      #expect(Set(images.split(separator: " ")) == ["nginx:1", "log:1"])
      #expect(
        try await cluster.succeed("explain", "deployment.spec.template.spec.containers.env").contains("valueFrom"))
      let generated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: g-, namespace: x, labels: {k: v}}\n"
      for _ in 0..<2 { try await cluster.succeed("create", input: generated) }
      #expect(
        try await cluster.succeed("get", "cm", "-n", "x", "-l", "k in (v,w),!z", "-o", "name").split(separator: "\n")
          .count == 2)
      #expect(
        try await cluster.kubectl("create", "configmap", "c", "-n", "nope").err.contains(
          "namespaces \"nope\" not found"))
      #expect(
        try await cluster.kubectl("apply", input: deployment.replacing("image:", with: "imagee:")).err.contains(
          "unknown field"))
      try await cluster.succeed("delete", "namespace", "x")
      #expect(try await cluster.kubectl("get", "namespace", "x").code == 1)
      #expect(try await cluster.succeed("auth", "can-i", "create", "pods").hasPrefix("yes"))
    }
  }

  @Test("A watch prints each change, a rollout is followed, and logs come through")
  func watching() async throws {
    try await RunningCluster.with { cluster in
      try await cluster.succeed("apply", input: deployment)
      async let watched = cluster.kubectl("get", "deploy", "-w", "--request-timeout=4s")
      async let followed = cluster.kubectl("rollout", "status", "deploy/web", "--timeout=20s")
      let deployments = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
      var web = try #require(await cluster.store.get(deployments, namespace: "default", name: "web"))
      web["status"] = [
        "observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2,
      ]
      _ = try await cluster.store.update(deployments, subresource: "status", web)
      #expect(try await followed.out.contains("successfully rolled out"))
      #expect(try await watched.out.contains("2/2"))
      try await cluster.succeed("run", "p", "--image=worker")
      let log = try await cluster.succeed("logs", "p", "--tail=5")
      #expect(log == "first of p\ntail=5 follow=false\n")
      #expect(try await cluster.succeed("logs", "p", "-f").contains("follow=true"))
    }
  }
}
