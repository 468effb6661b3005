import ApusAPI
import Decisions
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Testing
import YAMLCoding

/// An operator beside the CRDs of an older release, of its own, of none that it may see.
@Suite struct InstalledDefinitionsTests {
  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// The CRDs of release 0.1.0.
  private static func older() throws -> [JSONValue] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden/crds-0.1.0")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.flatMap { try YAML.documents(String(contentsOf: $0, encoding: .utf8)).map(\.value) }
  }

  private static func install(_ definitions: [JSONValue], generation: Int64, in cluster: ScriptedCluster) {
    for var definition in definitions {
      definition.set(.integer(generation), at: ["metadata", "generation"])
      definition.set("uid", at: ["metadata", "uid"])
      _ = cluster.put(Resource.customDefinitions, definition)
    }
  }

  private static func isAboutDefinitions(_ request: APIRequest) -> Bool {
    request.target.resource == Resource.customDefinitions
  }

  @Test func `beside older CRDs nothing is done, everything says so, and a new release's CRDs set it to work`()
    async throws
  {
    let cluster = ScriptedCluster()
    try Self.install(Self.older(), generation: 1, in: cluster)
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    let scene = Scene(cluster: cluster, definitions: definitions)
    #expect(definitions.problem == "the CRDs were not compared yet")
    #expect(await definitions.look() <= .seconds(60))
    let problem = try #require(definitions.problem)
    #expect(problem.hasPrefix("the CRDs are older than this operator: modeldeployments.apus.dev lacks "))
    #expect(problem.contains("kubectl apply -f crds"))

    scene.putModel()
    scene.putPolicy()
    for _ in 0..<3 {
      let next = try await scene.models.reconcile(scene.key)
      #expect(next.map { $0 <= 60 } == true)
      _ = try await scene.policies.reconcile(scene.key)
    }
    #expect(
      cluster.writes.filter { !$0.contains("/status") } == [] && cluster.writes.count <= 4,
      "\(cluster.writes)")
    for kind in ["modeldeployments", "monitoringpolicies"] {
      #expect(scene.condition("Stalled", of: kind)?["reason"] == "CRDsOlder")
      #expect(scene.condition("Stalled", of: kind)?["message"]?.string == problem)
      #expect(scene.condition("Ready", of: kind)?["status"] == "False")
    }
    #expect(scene.events.reasons == ["ModelDeployment CRDsOlder", "MonitoringPolicy CRDsOlder"])

    Self.install(ResourceDefinition.all.map(\.manifest), generation: 2, in: cluster)
    _ = await definitions.look()
    #expect(definitions.problem == nil)
    _ = try await scene.models.reconcile(scene.key)
    _ = try await scene.policies.reconcile(scene.key)
    #expect(cluster.object("jobs", "income-train-1") != nil)
    #expect(scene.condition("Stalled") == nil && scene.condition("Stalled", of: "monitoringpolicies") == nil)
  }

  @Test func `CRDs that grow older beneath it stop it`() async throws {
    let cluster = ScriptedCluster()
    Self.install(ResourceDefinition.all.map(\.manifest), generation: 1, in: cluster)
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    let scene = Scene(cluster: cluster, definitions: definitions)
    _ = await definitions.look()
    try await scene.serve()
    try Self.install(Self.older(), generation: 2, in: cluster)
    _ = await definitions.look()
    let before = cluster.object("deployments", "income")
    scene.putModel(["serving": ["replicas": 3]])
    _ = try await scene.models.reconcile(scene.key)
    #expect(cluster.object("deployments", "income") == before)
    #expect(scene.condition("Ready")?["reason"] == "CRDsOlder")
  }

  @Test(arguments: [403, 404]) func `what it may not or cannot see it takes for good`(_ code: Int) async throws {
    let cluster = ScriptedCluster()
    cluster.fail { Self.isAboutDefinitions($0) ? code : nil }
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    _ = await definitions.look()
    #expect(definitions.problem == nil && definitions.hold == nil)
  }

  @Test func `an API server that does not answer is waited for, not for ever`() async throws {
    let cluster = ScriptedCluster()
    cluster.fail { Self.isAboutDefinitions($0) ? 503 : nil }
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    let scene = Scene(cluster: cluster, definitions: definitions)
    scene.putModel()
    for _ in 0..<4 {
      _ = await definitions.look()
      _ = try await scene.models.reconcile(scene.key)
      #expect(cluster.writes.isEmpty && definitions.problem?.contains("503") == true)
    }
    _ = await definitions.look()
    _ = try await scene.models.reconcile(scene.key)
    #expect(cluster.object("jobs", "income-train-1") != nil)
  }

  @Test func `what fitted once is not doubted because of an answer that does not come`() async throws {
    let cluster = ScriptedCluster()
    Self.install(ResourceDefinition.all.map(\.manifest), generation: 1, in: cluster)
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    _ = await definitions.look()
    cluster.fail { _ in 503 }
    _ = await definitions.look()
    #expect(definitions.hold == nil)
  }

  @Test func `a later look asks for metadata only, until something has changed`() async throws {
    let cluster = ScriptedCluster()
    Self.install(ResourceDefinition.all.map(\.manifest), generation: 1, in: cluster)
    let definitions = InstalledDefinitions(cluster, logger: Self.quiet)
    _ = await definitions.look()
    #expect(cluster.requests.map(\.isMetadataOnly) == [false, false, false])
    _ = await definitions.look()
    #expect(cluster.requests.dropFirst(3).map(\.isMetadataOnly) == [true, true, true])
    Self.install(ResourceDefinition.all.map(\.manifest), generation: 2, in: cluster)
    _ = await definitions.look()
    #expect(cluster.requests.dropFirst(6).map(\.isMetadataOnly) == [true, false, true, false, true, false])
  }
}
