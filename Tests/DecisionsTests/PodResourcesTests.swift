import ApusAPI
import Decisions
import KubernetesModel
import Testing

/// Resources, templates and users of the pods that the operator makes.
@Suite struct PodResourcesTests {
  private static func pod(_ object: DesiredObject?) -> JSONValue? { object?.manifest[path: "spec", "template", "spec"] }

  private static func container(_ pod: JSONValue?) -> JSONValue? { pod?["containers"]?.array?.first }

  @Test func `resources reach the containers of trainings, servers and checks; a template wins`() throws {
    let memory: JSONValue = ["limits": ["memory": "3Gi"], "requests": ["cpu": 2]]
    let model = aModel(
      "income",
      [
        "training": [
          "resources": memory,
          "template": ["spec": ["containers": [["name": "worker", "resources": ["limits": ["memory": "4Gi"]]]]]],
        ], "serving": ["resources": memory],
      ])
    let policy = aPolicy("watch", ["resources": memory, "template": ["nodeSelector": ["disk": "ssd"]]])
    var world = World.serving(model, policy: policy)
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let check = try #require(world.policy?.status.runningCheck)
    let training = Self.container(Self.pod(world.objects["jobs/income-train-1"]))
    #expect(training?["resources"] == ["limits": ["memory": "4Gi"], "requests": ["cpu": "2"]])
    let server = Self.container(Self.pod(world.objects["deployments/income"]))
    #expect(server?["resources"] == ["limits": ["memory": "3Gi"], "requests": ["cpu": "2"]])
    let pod = Self.pod(world.objects["jobs/\(check)"])
    #expect(Self.container(pod)?["resources"] == ["limits": ["memory": "3Gi"], "requests": ["cpu": "2"]])
    #expect(pod?["nodeSelector"] == ["disk": "ssd"])
  }

  @Test func `nothing asked for is nothing written`() throws {
    let world = World.serving(
      aModel("income", ["serving": ["resources": ["requests": [:]]], "training": ["resources": [:]]]))
    #expect(Self.container(Self.pod(world.objects["jobs/income-train-1"]))?["resources"] == nil)
    #expect(Self.container(Self.pod(world.objects["deployments/income"]))?["resources"] == nil)
  }

  @Test func `where nobody says anything a little is asked for, and no CPU that an autoscaler would go by`() throws {
    let little: JSONValue = ["requests": ["cpu": "50m", "memory": "128Mi"]]
    let plain = World.serving(aModel())
    #expect(Self.container(Self.pod(plain.objects["jobs/income-train-1"]))?["resources"] == little)
    #expect(Self.container(Self.pod(plain.objects["deployments/income"]))?["resources"] == little)
    let scaled = World.serving(
      aModel("income", ["serving": ["autoscaling": ["minimum": 1, "maximum": 3, "targetCPU": 70]]]))
    #expect(
      Self.container(Self.pod(scaled.objects["deployments/income"]))?["resources"] == ["requests": ["memory": "128Mi"]])
    let limited: JSONValue = ["containers": [["name": "worker", "resources": ["limits": ["memory": "64Mi"]]]]]
    let own = World.serving(aModel("income", ["training": ["template": limited]]))
    #expect(
      Self.container(Self.pod(own.objects["jobs/income-train-1"]))?["resources"] == ["limits": ["memory": "64Mi"]])
  }

  @Test func `resources of a training are part of what it is made from, and their absence changes no digest`() {
    let plain = aModel().spec
    #expect(aModel("income", ["training": ["resources": ["limits": [:]]]]).spec.trainingInput == plain.trainingInput)
    let other = aModel("income", ["training": ["resources": ["limits": ["memory": "1Gi"]]]]).spec
    #expect(other.trainingInput != plain.trainingInput)
  }

  @Test(
    arguments: [
      (["serviceAccountName": "admin"], "TemplateRefused", "spec.template.serviceAccountName"),
      (
        ["volumes": [["name": "x", "hostPath": ["path": "/etc"]]]], "HostPathRefused",
        "spec.template.volumes[0].hostPath"
      ),
    ] as [(JSONValue, String, String)])
  func `a policy's template lends no rights`(_ template: JSONValue, _ reason: String, _ field: String) {
    var world = World.serving(policy: aPolicy("watch", ["template": template]))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    #expect(world.policyCondition(.stalled)?.reason == reason)
    #expect(world.policyCondition(.stalled)?.message.contains(field) == true)
    #expect(!world.startedJobs.contains { $0.contains("check") })
  }

  @Test func `users and groups may be left to the cluster`() throws {
    var observed = try #require(World(aModel()).observeModel())
    observed.settings.podUser = .cluster
    let job = observed.decide().apply.first { $0.resource == Resource.jobs }
    #expect(
      Self.pod(job)?["securityContext"]
        == [
          "runAsNonRoot": true, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": ["type": "RuntimeDefault"],
        ])
    observed.settings.podUser = .number(1001)
    let other = observed.decide().apply.first { $0.resource == Resource.jobs }
    for member in ["runAsUser", "runAsGroup", "fsGroup"] {
      #expect(Self.pod(other)?[path: "securityContext", member] == 1001)
    }
  }

  @Test func `kubectl logs shows the worker`() {
    let world = World.serving()
    let job = world.objects["jobs/income-train-1"]?.manifest
    #expect(
      job?[path: "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/default-container"] == "worker")
  }

  @Test(
    arguments: [
      ([:], "set spec.serving.resources.requests.cpu"),
      (["resources": ["requests": ["cpu": "500m"]]], nil),
      (["resources": ["limits": ["cpu": "1"]]], nil),
      (["template": ["spec": ["containers": [["name": "server", "resources": ["requests": ["cpu": "1"]]]]]]], nil),
      (["template": ["containers": [["name": "server", "resources": ["limits": ["cpu": 1]]]]]], nil),
      (
        [
          "resources": ["requests": ["cpu": "1"]],
          "template": ["spec": ["containers": [["name": "proxy", "image": "p"]]]],
        ], "set spec.serving.template.spec.containers[name=proxy].resources.requests.cpu"
      ),
    ] as [(JSONValue, String?)])
  func `autoscaling by CPU says which request is missing`(_ serving: JSONValue, _ words: String?) throws {
    let autoscaling: JSONValue = ["autoscaling": ["minimum": 1, "maximum": 3]]
    let model = aModel("income", ["serving": autoscaling.merged(with: serving)])
    let warning = model.problems().first { $0.path.hasSuffix("requests.cpu") }
    #expect((warning != nil) == (words != nil))
    #expect(warning.map { $0.weight == .warning } ?? true)
    let message = try #require(World.serving(model).modelCondition(.serving)?.message)
    #expect(message.contains(words ?? "") || words == nil, "\(message)")
    #expect(words != nil || !message.contains("requests.cpu"))
  }

  @Test(
    arguments: [
      (["limits": ["memory": "2GB"]], "limits.memory: '2GB' is not a quantity"),
      (["limits": ["memory": "512m"]], "limits.memory: '512m' is less than a byte"),
      (["requests": ["cpu": "2"], "limits": ["cpu": "1500m"]], "requests.cpu: 2 is above limits.cpu 1500m"),
      (["requests": ["memory": "1Gi"], "limits": ["memory": "1G"]], "requests.memory: 1Gi is above"),
      (["limits": ["cpu": "-1"]], "limits.cpu: '-1' is not a quantity"),
      (["requests": ["cpu": ""]], "requests.cpu: '' is not a quantity"),
      (
        ["requests": ["cpu": "1", "memory": "1.5Gi", "nvidia.com/gpu": 1], "limits": ["memory": "2e9", "cpu": "1k"]],
        nil
      ),
    ] as [(JSONValue, String?)])
  func `quantities are checked where they are written`(_ resources: JSONValue, _ words: String?) {
    let model = aModel("income", ["training": ["resources": resources], "serving": ["resources": resources]])
    let texts = (model.problems() + aPolicy("watch", ["resources": resources]).problems()).map(\.description)
    guard let words else {
      #expect(texts == [])
      return
    }
    for place in ["spec.training.resources.", "spec.serving.resources.", "spec.resources."] {
      #expect(texts.contains { $0.hasPrefix(place + words) }, "\(texts)")
    }
  }
}
