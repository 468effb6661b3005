import ApusAPI
import ClusterState
import KubernetesModel

/// The API server's semantics as a value: requests go in, answers and changes come out. Copies are other clusters.
struct StateServer: Sendable {
  enum Answer {
    case object(code: Int, JSONValue)
    case watch(Watching)
  }

  /// A watch that has been opened, with what it sends at once.
  struct Watching: Sendable {
    fileprivate var plan: WatchPlan
    var opening: [UInt8]

    fileprivate init(_ plan: WatchPlan) {
      self.plan = plan
      opening = plan.opening.flatMap { $0.bytes + [0x0A] }
    }

    /// What the watch sends about a change; nil where it does not concern it.
    func line(for change: Change, at now: Double) -> [UInt8]? {
      plan.line(for: change.event, at: StateServer.time(now)).map { $0.bytes + [0x0A] }
    }
  }

  struct Change: Sendable {
    fileprivate var event: ChangeEvent
    var isNew: Bool { event.kind == .added }
    /// `jobs/income-train-1`
    var name: String { "\(event.id.resource.resource)/\(event.id.place.name)" }
  }

  private var state: ClusterState
  private var seed: UInt64 = 0

  /// A cluster that knows the three kinds and has the namespace `shop`.
  static let furnished: StateServer = {
    var server = StateServer(state: ClusterState(Circumstances(now: time(0), seed: 1)))
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for definition in ResourceDefinition.all {
      _ = server.answer("POST", definitions, body: definition.manifest, at: 0)
    }
    _ = server.answer(
      "POST", "/api/v1/namespaces", body: ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]], at: 0
    )
    return server
  }()

  private init(state: ClusterState) { self.state = state }

  fileprivate static func time(_ seconds: Double) -> ClusterTime {
    ClusterTime(microseconds: Int64((seconds * 1_000_000).rounded()))
  }

  /// - Parameter now: seconds since 1970.
  mutating func answer(
    _ method: String, _ path: String, query: [(String, String)] = [], contentType: String = "application/json",
    body: JSONValue? = nil, at now: Double
  ) -> (Answer, [Change]) {
    seed += 1
    let circumstances = Circumstances(now: Self.time(now), seed: seed &* 0x2545_F491_4F6C_DD1D)
    let before = state.revision
    let request = ReceivedRequest(
      ReceivedRequest.Method(rawValue: method) ?? .get, path: path.split(separator: "/").map(String.init),
      query: APIQuery(query), contentType: contentType, body: body)
    let answer = state.answer(request, circumstances)
    if state.needsCollection { state.collectGarbage(circumstances) }
    let changes = state.history[state.firstEvent(after: before)...].map(Change.init)
    switch answer {
    case .response(let response):
      guard case .json(let document) = response.body else { return (.object(code: response.code, .null), changes) }
      return (.object(code: response.code, document), changes)
    case .watch(let plan): return (.watch(Watching(plan)), changes)
    case .podLog: return (.object(code: 404, .null), changes)
    }
  }

  /// The objects of a kind in a namespace, by name.
  func objects(_ resource: String, in namespace: String) -> [JSONValue] {
    state.objects.first { $0.key.resource == resource }?.value.filter { $0.key.namespace == namespace }
      .sorted { $0.key < $1.key }.map(\.value) ?? []
  }

  func object(_ resource: String, _ name: String, in namespace: String) -> JSONValue? {
    state.objects.first { $0.key.resource == resource }?.value[ObjectPlace(namespace: namespace, name: name)]
  }

  /// Every object of a namespace by `resource/name`.
  func objects(in namespace: String) -> [String: JSONValue] {
    let members = state.storedObjects.filter { $0.id.place.namespace == namespace }
    return Dictionary(
      members.map { ("\($0.id.resource.resource)/\($0.id.place.name)", $0.object) }, uniquingKeysWith: { $1 })
  }
}
