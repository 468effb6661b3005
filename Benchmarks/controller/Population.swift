import ClusterState
import Foundation
import KubernetesModel
import YAMLCoding

/// The objects of the cluster: one model that the operator has really brought up, and many like it.
enum Population {
  static let model = "model-00000"
  static let namespace = "team-000"
  static let modelsInNamespace = 100

  static func modelName(_ number: Int) -> String { "model-" + padded(number, 5) }
  static func namespace(of number: Int) -> String { "team-" + padded(number / modelsInNamespace, 3) }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// A cluster with the three kinds and the namespace of the first model.
  static func begin(_ cluster: BenchmarkCluster, crds: String) async throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: crds).sorted() where file.hasSuffix(".yaml") {
      let document = try YAML.document([UInt8](Data(contentsOf: URL(fileURLWithPath: crds + "/" + file)))).value
      try await post(cluster, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", document)
    }
    try await post(cluster, "/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
  }

  static func post(_ cluster: BenchmarkCluster, _ path: String, _ body: JSONValue) async throws {
    let reply = await cluster.happen(
      ReceivedRequest(.post, path: path.split(separator: "/").map(String.init), userAgent: "kubectl", body: body))
    guard reply.code == 201 else {
      throw BenchmarkFailure("\(path): \(reply.code) \(String(decoding: reply.body, as: UTF8.self))")
    }
  }

  static func group(_ resource: String) -> String {
    "/apis/apus.dev/v1alpha1/namespaces/\(namespace)/\(resource)"
  }

  /// A model with fourteen features, as `kubectl apply` writes it; no schedule fires while the benchmark runs.
  static let template: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "ModelDeployment",
    "metadata": ["name": .string(model), "labels": ["team": "risk"]],
    "spec": [
      "schema": [
        "target": ["name": "income", "positive": ">50K"],
        "features": .array(
          (0..<6).map { ["name": .string("numeric_\($0)"), "type": "numeric", "minimum": 0, "maximum": 100] }
            + (0..<8).map { ["name": .string("category_\($0)"), "type": "categorical", "nullable": true] }),
      ],
      "training": [
        "source": ["csv": ["uri": "https://data.example.com/training.csv"]], "schedule": ["cron": "0 2 29 2 *"],
        "deadline": "2h",
        "algorithm": ["gradientBoosting": ["rounds": 200, "maxDepth": 4]],
      ],
      "promotion": ["approval": "Automatic", "minimum": ["accuracy": 0.8, "f1": 0.7, "rocAUC": 0.75]],
      "serving": ["replicas": 1],
    ],
  ]

  static let policy: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
    "metadata": ["name": .string(model), "annotations": ["apus.dev/check-requested-at": "2026-01-01T00:00:00Z"]],
    "spec": [
      "modelRef": ["name": .string(model)], "schedule": ["cron": "0 2 29 2 *"], "window": "6h",
      "performance": ["minimumAccuracy": 0.8, "labelDelay": "24h"],
    ],
  ]

  /// Copies of the first model and all that belongs to it, under other names and UIDs. Hashes that the operator keeps in
  /// annotations are those of the first model still: it has to mend them before the cluster is settled.
  static func multiply(_ state: ClusterState, by count: Int) throws -> ClusterState {
    let stored = state.storedObjects
    var revision = state.revision
    var result = stored
    let volatile: Set = ["leases", "events", "namespaces", "serviceaccounts", "customresourcedefinitions", "nodes"]
    let mine = stored.filter { $0.id.place.namespace == namespace && !volatile.contains($0.id.resource.resource) }
    let models = try mine.filter { $0.id.place.name.hasPrefix(model) }.map { try Stencil($0, uids(of: mine)) }
    let places = try stored.filter {
      $0.id.place == ObjectPlace(namespace: "", name: namespace) || $0.id.place.namespace == namespace
    }
    .filter { ["namespaces", "serviceaccounts", "persistentvolumeclaims"].contains($0.id.resource.resource) }
    .map { try Stencil($0, uids(of: [$0])) }
    for number in 1..<max(1, count) {
      if number % modelsInNamespace == 0 {
        result += try places.map { try $0.copy(number, &revision, uids: [:]) }
      }
      var uids: [String: String] = [:]
      for stencil in models { for uid in stencil.uids where uids[uid] == nil { uids[uid] = freshUID() } }
      result += try models.map { try $0.copy(number, &revision, uids: uids) }
    }
    return ClusterState(restoring: result.filter { $0.id.resource.resource != "events" }, revision: revision)
  }

  private static func uids(of objects: [StoredObject]) -> [String] {
    objects.compactMap { $0.object[path: "metadata", "uid"]?.string }
  }

  static func freshUID() -> String { UUID().uuidString.lowercased() }
}

/// An object's text with the places where a copy differs.
private struct Stencil {
  private let id: ObjectID
  private let text: [UInt8]
  /// Where the texts stand that change; all keep their length.
  private var places: [(offset: Int, text: String)] = []

  let uids: [String]

  init(_ stored: StoredObject, _ uids: [String]) throws {
    id = stored.id
    self.uids = uids
    text = stored.object.bytes
    for pattern in [Population.model, Population.namespace] + uids {
      let bytes = Array(pattern.utf8)
      var index = 0
      while index + bytes.count <= text.count {
        if text[index] == bytes[0], text[index..<index + bytes.count].elementsEqual(bytes) {
          places.append((index, pattern))
          index += bytes.count
        } else {
          index += 1
        }
      }
    }
  }

  /// - Parameter uids: the copy's for each of the original's; those that are missing are made anew.
  func copy(_ number: Int, _ revision: inout Int, uids: [String: String]) throws -> StoredObject {
    let model = Population.modelName(number)
    let namespace = Population.namespace(of: number)
    var copy = text
    var uids = uids
    for place in places {
      let new: String
      switch place.text {
      case Population.model: new = model
      case Population.namespace: new = namespace
      case let uid:
        new = uids[uid] ?? Population.freshUID()
        uids[uid] = new
      }
      copy.replaceSubrange(place.offset..<place.offset + place.text.utf8.count, with: new.utf8)
    }
    var object = try JSONValue(parsing: copy)
    revision += 1
    object.set(.string("\(revision)"), at: ["metadata", "resourceVersion"])
    var id = id
    id.place.name = id.place.name.replacing(Population.model, with: model).replacing(
      Population.namespace, with: namespace)
    if !id.place.namespace.isEmpty { id.place.namespace = namespace }
    return StoredObject(id: id, object: object)
  }
}

extension Population {
  /// Writes a settled cluster down, so that the next run need not settle it again.
  static func save(_ state: ClusterState, to file: String) throws {
    guard FileManager.default.createFile(atPath: file, contents: nil), let handle = FileHandle(forWritingAtPath: file)
    else { throw BenchmarkFailure("\(file) cannot be written") }
    var lines: [UInt8] = Array("\(state.revision)\n".utf8)
    for stored in state.storedObjects where !["events", "leases"].contains(stored.id.resource.resource) {
      let line: JSONValue = [
        "group": .string(stored.id.resource.group), "resource": .string(stored.id.resource.resource),
        "namespace": .string(stored.id.place.namespace), "name": .string(stored.id.place.name), "object": stored.object,
      ]
      lines += line.bytes
      lines.append(0x0A)
      if lines.count > 1 << 20 {
        try handle.write(contentsOf: Data(lines))
        lines = []
      }
    }
    try handle.write(contentsOf: Data(lines))
    try handle.close()
  }

  static func load(_ file: String) throws -> ClusterState {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped))
    var lines = bytes.split(separator: 0x0A)[...]
    guard let revision = lines.popFirst().flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) else {
      throw BenchmarkFailure("\(file) is no saved cluster")
    }
    let objects = try lines.map { line in
      let value = try JSONValue(parsing: line)
      return StoredObject(
        id: ObjectID(
          resource: GroupResource(group: value["group"]?.string ?? "", resource: value["resource"]?.string ?? ""),
          place: ObjectPlace(namespace: value["namespace"]?.string ?? "", name: value["name"]?.string ?? "")),
        object: value["object"] ?? .null)
    }
    return ClusterState(restoring: objects, revision: revision)
  }
}
