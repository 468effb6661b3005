import ApusAPI
import KubernetesModel
import Testing
import WorkerContract

@testable import Decisions

/// Better pods reach a Deployment that is there when its pods are replaced anyway.
@Suite struct PodRecipeTests {
  /// The servers of a model as the release before made and applied them.
  private static func former(_ spec: JSONValue = [:], _ change: (inout OperatorSettings) -> Void = { _ in }) -> World {
    var world = World.serving(aModel("income", spec))
    guard let observed = world.observeModel(), let routing = observed.routing, let owner = observed.model.ownerReference
    else { return world }
    var set = ServerSet(
      model: "income", namespace: "shop", owner: owner, serving: observed.model.spec.serving, routing: routing,
      canAutoscale: true, isDrawnToClaim: true)
    set.recipe = .first
    var before = observed.settings
    change(&before)
    for object in set.objects(before) where object.resource == Resource.deployments {
      var applied = object
      applied.manifest.set(
        .string(object.manifest.fingerprint), at: ["metadata", "annotations", ApusAnnotations.appliedDigest])
      world.objects["deployments/income"] = applied
    }
    return world
  }

  /// What is applied next, without what only the applier adds.
  private static func next(_ world: World) -> DesiredObject? {
    guard var observed = world.observeModel(), let live = world.objects["deployments/income"]?.manifest else {
      return nil
    }
    observed.deployment = DeploymentView(live)
    return observed.decide().apply.first { $0.resource == Resource.deployments }
  }

  private static func recipe(_ object: DesiredObject?) -> PodRecipe? { object.map { PodRecipe(of: $0.manifest) } }

  @Test func `a new Deployment has the latest recipe, and keeps it`() throws {
    let world = World.serving()
    let made = try #require(world.objects["deployments/income"])
    #expect(Self.recipe(made) == .second)
    let server = try #require(made.manifest[path: "spec", "template", "spec", "containers"]?[0])
    #expect(
      server["volumeMounts"]?.array?.contains([
        "name": "data", "mountPath": "/var/lib/apus/artifacts", "subPath": "artifacts", "readOnly": true,
      ]) == true)
    #expect(server["volumeMounts"]?.array?.contains(["name": "data", "mountPath": "/var/lib/apus"]) == true)
    #expect(Self.next(world) == made)
  }

  @Test func `one of the release before stays as it is, byte for byte, also where replicas or an autoscaler change`()
    throws
  {
    var world = Self.former(["serving": ["replicas": 3]])
    var live = try #require(world.objects["deployments/income"])
    live.manifest.set(nil, at: ["metadata", "annotations", ApusAnnotations.appliedDigest])
    live.manifest.set(nil, at: ["metadata", "annotations"])
    #expect(Self.next(world)?.manifest == live.manifest)
    for serving: JSONValue in [
      ["replicas": 5], ["autoscaling": ["minimum": 2, "maximum": 4, "targetCPU": 70]], ["logging": ["sample": 0.5]],
    ] {
      world.model = aModel("income", ["serving": serving]).keeping(world.model)
      let next = try #require(Self.next(world))
      #expect(Self.recipe(next) == .first, "\(serving)")
      #expect(next.manifest[path: "spec", "template"] == live.manifest[path: "spec", "template"])
    }
  }

  @Test func `where its pods change anyway they get the latest recipe`() throws {
    #expect(Self.recipe(Self.next(Self.former { $0.images.server = "apus-server:before" })) == .second)
    var world = Self.former()
    world.model = aModel("income", ["serving": ["template": ["containers": [["name": "proxy", "image": "p:1"]]]]])
      .keeping(world.model)
    let next = try #require(Self.next(world))
    #expect(Self.recipe(next) == .second)
    let proxy = next.manifest[path: "spec", "template", "spec", "containers"]?[1]
    #expect(
      proxy?["securityContext"] == ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]])
  }

  /// What people wrote as well though it holds anyway.
  private static let harmless: JSONValue = [
    "hostNetwork": false, "hostPID": false, "automountServiceAccountToken": false,
    "securityContext": ["seccompProfile": ["type": "RuntimeDefault"], "runAsNonRoot": true],
    "containers": [
      [
        "name": "server",
        "securityContext": [
          "privileged": false, "procMount": "Default", "seccompProfile": ["type": "RuntimeDefault"],
          "capabilities": ["add": [], "drop": ["ALL"]],
        ],
      ]
    ],
  ]

  @Test func `a template that says what holds anyway replaces no pods`() throws {
    let plain = try #require(Self.former().objects["deployments/income"]?.manifest[path: "spec", "template"])
    // As release 0.1.0 merged them.
    #expect(PodTemplate.merged(plain, with: Self.harmless) == plain.merged(with: ["spec": Self.harmless]))
    for (path, value) in [
      (["hostNetwork"], true), (["hostPID"], true), (["securityContext", "seccompProfile", "type"], "Unconfined"),
    ] as [([String], JSONValue)] {
      var harmful = Self.harmless
      harmful.set(value, at: path)
      let merged = PodTemplate.merged(plain, with: harmful)
      #expect(merged["spec"].map { TemplateField.values($0, at: path.joined(separator: ".")) } != [value], "\(path)")
    }
    let privileged: JSONValue = [
      "containers": [
        [
          "name": "server",
          "securityContext": ["privileged": true, "procMount": "Unmasked", "capabilities": ["add": ["SYS_ADMIN"]]],
        ]
      ]
    ]
    #expect(PodTemplate.merged(plain, with: privileged) == plain)
  }

  @Test func `other containers of runs keep to the restricted profile, the worker's own is as it was`() throws {
    let template: JSONValue = [
      "initContainers": [["name": "wait", "image": "w:1"]],
      "containers": [
        ["name": "worker", "env": []],
        ["name": "proxy", "image": "p:1", "securityContext": ["capabilities": ["drop": ["ALL", "X"]]]],
      ],
    ]
    var world = World(aModel("income", ["training": ["template": template]]))
    world.settle()
    let pod = try #require(world.objects["jobs/income-train-1"]?.manifest[path: "spec", "template", "spec"])
    #expect(
      pod["initContainers"]?[0]?["securityContext"]
        == ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]])
    #expect(
      pod["containers"]?[1]?["securityContext"]
        == ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL", "X"]]])
    var bare = World(aModel("income"))
    bare.settle()
    let own = bare.objects["jobs/income-train-1"]?.manifest[path: "spec", "template", "spec", "containers"]?[0]
    #expect(pod["containers"]?[0]?["securityContext"] == own?["securityContext"])
  }

  @Test func `a Deployment that does not say what it was made from is left as it is`() throws {
    var world = Self.former { $0.images.server = "apus-server:before" }
    var live = try #require(world.objects["deployments/income"])
    live.manifest.set(nil, at: ["metadata", "annotations", ApusAnnotations.appliedDigest])
    world.objects["deployments/income"] = live
    #expect(Self.recipe(Self.next(world)) == .first)
  }

  @Test func `artifacts elsewhere are not mounted, and a person's own mount stays`() throws {
    for storage in [
      OperatorSettings.Storage(artifacts: "s3://models"), .init(artifacts: "file:///var/lib/apus"),
      .init(artifacts: "file:///elsewhere"), .init(artifacts: "file:///var/lib/apus/{namespace}"),
    ] {
      var observed = try #require(World.serving().observeModel())
      observed.settings.storage = storage
      let made = observed.decide().apply.first { $0.resource == Resource.deployments }
      let mounts = made?.manifest[path: "spec", "template", "spec", "containers"]?[0]?["volumeMounts"]?.array ?? []
      #expect(!mounts.contains { $0["subPath"] != nil }, "\(storage.artifacts)")
    }
    let own: JSONValue = ["name": "cache", "mountPath": "/var/lib/apus/artifacts"]
    let template: JSONValue = [
      "volumes": [["name": "cache", "emptyDir": [:]]], "containers": [["name": "server", "volumeMounts": [own]]],
    ]
    let world = World.serving(aModel("income", ["serving": ["template": template]]))
    let mounts =
      world.objects["deployments/income"]?.manifest[path: "spec", "template", "spec", "containers"]?[0]?["volumeMounts"]
    #expect(mounts?.array?.filter { $0["mountPath"] == "/var/lib/apus/artifacts" } == [own])
  }
}
