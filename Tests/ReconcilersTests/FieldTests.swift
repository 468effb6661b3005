import ApusAPI
import Decisions
import KubernetesModel
import SpecFields
import Synchronization
import Testing

/// Every field of every spec is changed on a settled world and changed back, and so is what others change of the objects
/// that the operator owns: the end is the start.
@Suite struct FieldTests {
  /// v2 serves, v1 is archived, a policy watches: the life's world before people go on.
  private static let start = Task {
    let world = World()
    let chapter = ModelLife.chapter("a check of v2 finds nothing, people go back to v1")
    let end = await onThreads([world]) { world in Result { try Life(world, ModelLife.story).run(until: chapter) } }
    var facts = try end[0].get()
    facts.chapter = 0
    facts.pages = [:]
    facts.surroundings.isNothingBetter = true
    facts.write("POST", "/api/v1/namespaces/shop/secrets", certificate, by: "people")
    return facts
  }

  private static let certificate: JSONValue = [
    "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "income-tls", "namespace": "shop"],
    "stringData": [
      "tls.crt": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n", "tls.key": "not looked at here",
    ],
  ]

  /// What to change a field to where its schema does not tell enough.
  private static let modelValues: [String: JSONValue] = [
    "schema.timestamp": "day", "schema.primaryKey": ["age"], "training.schedule.cron": "30 3 * * 1",
    "training.schedule.timeZone": "Europe/Berlin", "training.source.window": "90d",
    "training.split.testSource.window": "90d", "promotion.segments.0.feature": "workclass",
    "serving.logging.redact": ["age"], "serving.version": "v2", "serving.security.tlsSecretRef.name": "income-tls",
    "serving.security.tokens.0.rights": ["logs"],
    "promotion.rollout.steps.0.weight": 6,
    "training.resources.requests": ["cpu": "500m"], "training.resources.limits": ["memory": "2Gi"],
    "serving.resources.requests": ["cpu": "500m"], "serving.resources.limits": ["memory": "2Gi"],
    "schema.features.0.type": "categorical", "schema.target.classes": ["<=50K", ">50K"],
  ]
  private static let policyValues: [String: JSONValue] = [
    "schedule.cron": "15 */6 * * *", "schedule.timeZone": "Europe/Berlin",
    "resources.requests": ["cpu": "500m"], "resources.limits": ["memory": "2Gi"],
    "alerts.routes.0.severities": ["critical"], "alerts.routes.0.channels": ["book"],
  ]

  private static func modelFields() -> (fields: [SpecField], unknown: [String]) {
    let spec = spec(ModelLife.model)
    var found = SpecField.all(of: ModelDeploymentSpec.schema, in: spec, values: modelValues) { spec in
      let model = try? ModelDeployment.decode(ModelLife.model.with(spec: spec))
      return model?.problems().allSatisfy { $0.weight != .error } ?? false
    }
    // The first feature is a number and has no categories; the second has.
    if found.unknown == ["schema.features.0.categories"], var features = spec[path: "schema", "features"]?.array {
      features[1]["categories"] = ["private", "public"]
      var changed = spec
      changed.set(.array(features), at: ["schema", "features"])
      found.fields.append(
        SpecField(path: ["schema", "features", "1", "categories"], changed: changed, unchanged: spec))
      found.unknown = []
    }
    return found
  }

  private static func policyFields() -> (fields: [SpecField], unknown: [String]) {
    SpecField.all(of: MonitoringPolicySpec.schema, in: spec(ModelLife.policy), values: policyValues) { spec in
      let policy = try? MonitoringPolicy.decode(ModelLife.policy.with(spec: spec))
      return policy?.problems().allSatisfy { $0.weight != .error } ?? false
    }
  }

  private static func spec(_ object: JSONValue) -> JSONValue { object["spec"] ?? [:] }

  @Test func `every field has another valid value`() {
    let (models, policies) = (Self.modelFields(), Self.policyFields())
    #expect(models.unknown == [], "name a value in modelValues")
    // There is only one to choose.
    let single = ["alerts.channels.0.log"]
    #expect(policies.unknown == single, "name a value in policyValues")
    #expect(models.fields.count > 60 && policies.fields.count > 40)
  }

  // MARK: Specs

  @Test func `a field of a ModelDeployment that is changed and changed back leaves nothing behind`() async throws {
    try await changeAndChangeBack(Self.modelFields().fields, of: ModelLife.model, at: "\(ModelLife.models)/income")
  }

  @Test func `a field of a MonitoringPolicy that is changed and changed back leaves nothing behind`() async throws {
    try await changeAndChangeBack(Self.policyFields().fields, of: ModelLife.policy, at: "\(ModelLife.policies)/watch")
  }

  /// Going back to a version is an act that stays: people take it back by going to the other one.
  @Test func `a version that people have gone back to stays when they let go of it`() async throws {
    let start = try await Self.start.value
    let end = try await live(
      start,
      [
        { $0.patchModel(["spec": ["serving": ["version": "v1"]]]) },
        { $0.patchModel(["spec": ["serving": ["version": .null]]]) },
        { $0.patchModel(["spec": ["serving": ["version": "v2"]]]) },
        { $0.patchModel(["spec": ["serving": ["version": .null]]]) },
      ])
    let pages = try (0...4).map { try #require(end.pages["act \($0)"]) }
    #expect(pages[2][path: "objects", "modelversions/income-v1", "status", "stage"] == "Production")
    #expect(pages[2][path: "objects", "modelversions/income-v2", "status", "stage"] == "Archived")
    // The registry, and the conditions, tell of the way there and back.
    let tellers = [
      "modelversions/income-v1", "modelversions/income-v2", "modeldeployments/income", "monitoringpolicies/watch",
    ]
    #expect(pages[4].settled(without: tellers).differences(to: pages[0].settled(without: tellers)) == [])
    let statuses = [pages[4], pages[0]].map { $0[path: "objects", "modeldeployments/income", "status"] ?? .null }
    for name in ["traffic", "version", "previousVersion", "handled", "serving"] {
      #expect(statuses[0][name] == statuses[1][name], "\(name)")
    }
  }

  private func changeAndChangeBack(_ fields: [SpecField], of object: JSONValue, at path: String) async throws {
    let start = try await Self.start.value
    let spec = Self.spec(object)
    let found = await onThreads(fields) { field -> [String] in
      guard let there = field.changed.mergePatch(from: spec), let back = spec.mergePatch(from: field.changed) else {
        return ["is not changed"]
      }
      let refusals = Refusals()
      let acts: [Act] = [there, back].map { patch in
        { facts in
          if facts.write("PATCH", path, ["spec": patch], by: "people") == .null { refusals.note(patch) }
        }
      }
      do {
        let end = try Self.lifeOf(start, acts).run()
        return refusals.texts
          + Self.complaints(
            end, isTraining: Self.trains(field.path),
            isCustom: field.path.starts(with: ["training", "algorithm", "custom"]))
      } catch {
        return refusals.texts + ["\(error)"]
      }
    }
    for (field, complaints) in zip(fields, found) where !complaints.isEmpty {
      Issue.record("\(field.name): \(complaints.joined(separator: "\n  "))")
    }
  }

  /// What a training depends on: there and back are two trainings.
  private static func trains(_ path: [String]) -> Bool {
    path[0] == "schema"
      || path[0] == "training"
        && ["source", "split", "algorithm", "limits", "resources", "template"].contains(
          path.count > 1 ? path[1] : "")
  }

  /// A field that trainings depend on may have led to two more runs, v3 and v4, both rejected, and to what tells of them;
  /// any other leaves no run, no version and no word. What a trainer of one's own made is loaded before it is registered.
  private static func complaints(_ end: World.Facts, isTraining: Bool, isCustom: Bool) -> [String] {
    guard let before = end.pages["act 0"], let after = end.pages["act 2"] else { return ["the life did not end"] }
    let runs = isTraining ? ["3", "4"] : []
    let traces = runs.flatMap { number in
      [
        "jobs/income-train-\(number)", "configmaps/income-train-\(number)", "jobs/income-load-\(number)",
        "configmaps/income-load-\(number)", "modelversions/income-v\(number)",
      ]
    }
    var complaints = after.settled(without: traces, trained: isTraining)
      .differences(to: before.settled(without: traces, trained: isTraining))
    var made = before["made"] ?? [:]
    for number in runs {
      made["jobs/income-train-\(number)"] = 1
      made["modelversions/income-v\(number)"] = 1
      let stage = after[path: "objects", "modelversions/income-v\(number)", "status", "stage"]
      if stage != "Rejected" { complaints.append("v\(number) is \(stage?.text ?? "missing")") }
    }
    if isCustom { made["jobs/income-load-3"] = 1 }
    complaints += (after["made"] ?? [:]).differences(to: made, at: "made")
    complaints += (after["delivered"] ?? [:]).differences(to: before["delivered"] ?? [:], at: "delivered")
    return complaints
  }

  // MARK: What others change of the operator's objects

  struct Edit: Sendable {
    var what: String
    var object: String
    var patch: JSONValue

    init(_ what: String, _ object: String, _ patch: JSONValue) {
      self.what = what
      self.object = object
      self.patch = patch
    }
  }

  private static let edits = [
    Edit("replicas", "deployments/income", ["spec": ["replicas": 7]]),
    Edit("a label", "deployments/income", ["metadata": ["labels": ["apus.dev/component": "mine"]]]),
    Edit("a label gone", "deployments/income", ["metadata": ["labels": ["apus.dev/model": .null]]]),
    Edit(
      "the operator's label gone", "services/income", ["metadata": ["labels": ["app.kubernetes.io/managed-by": .null]]]),
    Edit("the owner gone", "deployments/income", ["metadata": ["ownerReferences": .null]]),
    Edit("the digest", "deployments/income", ["metadata": ["annotations": ["apus.dev/applied-digest": "mine"]]]),
    Edit("the strategy", "deployments/income", ["spec": ["strategy": ["rollingUpdate": ["maxSurge": 3]]]]),
    Edit("an image", "deployments/income", container(["image": "mine"])),
    Edit("a variable", "deployments/income", container(["env": [["name": "APUS_ARTIFACTS", "value": "mine"]]])),
    Edit("the routing table", "configmaps/income-routing", ["data": ["routing.json": "{}"]]),
    Edit("all data gone", "configmaps/income-routing", ["data": .null]),
    Edit("a port", "services/income", ["spec": ["ports": [["port": 8080, "protocol": "TCP", "targetPort": 99]]]]),
    Edit("the selector", "services/income", ["spec": ["selector": ["apus.dev/model": "mine"]]]),
  ]

  private static func container(_ patch: JSONValue) -> JSONValue {
    var container = patch
    container["name"] = "server"
    return ["spec": ["template": ["spec": ["containers": [container]]]]]
  }

  @Test func `what is ours and others change is put back`() async throws {
    let start = try await Self.start.value
    let found = await onThreads(Self.edits) { edit -> [String] in
      do {
        let end = try Self.lifeOf(start, [{ $0.edit(edit.object, edit.patch) }]).run()
        guard let before = end.pages["act 0"], let after = end.pages["act 1"] else { return ["the life did not end"] }
        return after.settled().differences(to: before.settled())
      } catch {
        return ["\(error)"]
      }
    }
    for (edit, differences) in zip(Self.edits, found) where !differences.isEmpty {
      Issue.record("\(edit.what) of \(edit.object): \(differences.joined(separator: "\n  "))")
    }
  }

  @Test func `what others add is left alone`() async throws {
    let start = try await Self.start.value
    let env = Self.container(["env": [["name": "MINE", "value": "1"]]])
    let end = try await live(
      start,
      [
        { facts in
          let added: JSONValue = ["metadata": ["labels": ["team": "red"], "annotations": ["note": "hi"]]]
          for name in ["deployments/income", "services/income", "configmaps/income-routing"] { facts.edit(name, added) }
          facts.edit("deployments/income", env)
          facts.edit("configmaps/income-routing", ["data": ["mine.txt": "1"]])
        }
      ])
    for name in ["deployments/income", "services/income", "configmaps/income-routing"] {
      let object = try #require(end.object(name))
      #expect(object.label("team") == "red" && object[path: "metadata", "annotations", "note"] == "hi", "\(name)")
    }
    #expect(end.object("configmaps/income-routing")?[path: "data", "mine.txt"] == "1")
    let container = end.object("deployments/income")?[path: "spec", "template", "spec", "containers"]?.array?.first
    #expect(container?["env"]?.array?.contains { $0["name"] == "MINE" } == true)
    #expect(end.isReady(serving: "v2"))
  }

  // MARK: Lives

  private typealias Act = @Sendable (inout World.Facts) -> Void

  /// The acts one after the other, each on a settled world.
  private static func lifeOf(_ start: World.Facts, _ acts: [Act]) -> Life {
    let chapters = (acts + [{ _ in }]).enumerated().map { index, act in
      Chapter(name: "act \(index)", isDue: { $0.isSettled }, act: act)
    }
    return Life(World(start), chapters)
  }

  private func live(_ start: World.Facts, _ acts: [Act]) async throws -> World.Facts {
    try await onThreads([acts]) { acts in Result { try Self.lifeOf(start, acts).run() } }[0].get()
  }
}

/// Patches that the API server did not take.
private final class Refusals: Sendable {
  private let list = Mutex<[String]>([])

  func note(_ patch: JSONValue) { list.withLock { $0.append("refused: \(patch.text)") } }
  var texts: [String] { list.withLock { $0 } }
}

extension World.Facts {
  /// The operator has seen every spec, and nothing is under way.
  fileprivate var isSettled: Bool {
    (all("modeldeployments") + all("monitoringpolicies")).allSatisfy { object in
      object[path: "status", "observedGeneration"] == object[path: "metadata", "generation"]
        && object.condition("Reconciling") == nil
    }
  }

  /// As people edit with kubectl.
  fileprivate mutating func edit(_ name: String, _ patch: JSONValue) {
    let parts = name.split(separator: "/").map(String.init)
    let group =
      ["deployments": "/apis/apps/v1", "modelversions": "/apis/apus.dev/v1alpha1"][parts[0]] ?? "/api/v1"
    let type = parts[0] == "modelversions" ? "application/merge-patch+json" : "application/strategic-merge-patch+json"
    write("PATCH", "\(group)/namespaces/shop/\(name)", patch, contentType: type, by: "kubectl-edit")
  }
}

extension JSONValue {
  /// The objects of a page without what counts changes, and without objects whose names begin so; `trained`: nor what a
  /// model says about its last run.
  fileprivate func settled(without names: [String] = [], trained: Bool = false) -> JSONValue {
    let kept = (self["objects"]?.object ?? [:]).filter { entry in !names.contains { entry.key.hasPrefix($0) } }
    return .object(kept.mapValues { $0.uncounted(trained: trained) })
  }

  private func uncounted(trained: Bool) -> JSONValue {
    switch self {
    case .array(let elements):
      let told = trained ? elements.filter { !["Trained", "Promoted"].contains($0["type"]?.string) } : elements
      return .array(told.map { $0.uncounted(trained: trained) })
    case .object(let members):
      var kept = members
      for name in ["generation", "observedGeneration", "routingRevision"] { kept[name] = nil }
      if trained { kept["training"] = members["training"]?["job"] == nil ? members["training"] : nil }
      // Of the routing table only the revision grows.
      if let text = members["routing.json"]?.string, var table = try? JSONValue(parsing: text) {
        table["revision"] = nil
        kept["routing.json"] = .string(table.text)
      }
      if let text = members["message"]?.string, let end = text.firstRange(of: " (routing revision") {
        kept["message"] = .string(String(text[..<end.lowerBound]))
      }
      return .object(kept.mapValues { $0.uncounted(trained: trained) })
    default: return self
    }
  }

  fileprivate func with(spec: JSONValue) -> JSONValue {
    var copy = self
    copy["spec"] = spec
    return copy
  }
}
