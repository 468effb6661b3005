import KubernetesModel
import Testing

/// The number of servers as it passes from hand to hand, on the API server's own semantics of managed fields.
@Suite struct ScalingTests {
  private typealias Act = @Sendable (inout World.Facts) -> Void

  private static let autoscaled: Act = {
    $0.patchModel(["spec": ["serving": ["autoscaling": ["minimum": 2, "maximum": 6]]]])
  }
  private static let fixed: Act = { $0.patchModel(["spec": ["serving": ["autoscaling": .null]]]) }

  /// A model with three servers, and then these acts, each when the world has come to rest.
  private static func life(_ world: World, _ acts: [Act]) -> Life {
    let begin: Act = { facts in
      var model = ModelLife.model
      model.set(["replicas": 3], at: ["spec", "serving"])
      facts.apply(model)
    }
    let chapters = ([begin] + acts + [{ _ in }]).enumerated().map { index, act in
      Chapter(
        name: "act \(index)", isDue: { facts in index == 0 || facts.isReady(serving: "v1") }, act: act)
    }
    return Life(world, chapters)
  }

  private static func replicas(_ facts: World.Facts) -> Int? {
    facts.object("deployments/income")?[path: "spec", "replicas"]?.integer
  }

  /// Writes of the operator after which fewer servers were wanted than before.
  private static func drops(in world: World) -> [String] {
    world.forks.compactMap { fork in
      guard let before = replicas(fork.before), let after = replicas(fork.after), after < before else { return nil }
      return "\(fork.write): \(before) to \(after)"
    }
  }

  private func live(_ acts: [Act], from facts: World.Facts = World.Facts()) async throws -> (World, World.Facts) {
    let world = World(facts, keepsForks: true)
    let end = try await onThreads([world]) { world in Result { try Self.life(world, acts).run() } }[0].get()
    return (world, end)
  }

  @Test func `switching autoscaling on and off never takes a server away by the operator's hand`() async throws {
    let (world, end) = try await live([Self.autoscaled, Self.fixed, Self.autoscaled])
    #expect(Self.drops(in: world) == [])
    // Nobody asks the servers: the autoscaler keeps its minimum, and it alone owns the number.
    #expect(Self.replicas(end) == 2)
    let owners = end.object("deployments/income")?[path: "metadata", "managedFields"]?.array?.filter {
      $0[path: "fieldsV1", "f:spec", "f:replicas"] != nil
    }
    #expect(owners?.compactMap { $0["manager"]?.string } == ["horizontal-pod-autoscaler"])
    #expect(end.writes.filter { $0 == "apply deployments/income" }.count >= 5)
  }

  @Test func `an operator that dies in the middle of handing over leaves the servers alone as well`() async throws {
    let (world, _) = try await live([Self.autoscaled])
    let handover = world.forks.filter { $0.write == "apply deployments/income" && $0.before.chapter == 2 }
    #expect(handover.count == 2, "one to give the number over, one that no longer sends it")
    for fork in handover {
      for facts in [fork.before, fork.after] {
        let (again, end) = try await live([Self.autoscaled], from: facts)
        #expect(Self.drops(in: again) == [])
        #expect(Self.replicas(end) == 2)
      }
    }
  }

  @Test func `kubectl scale changes the model, and shows its pods`() async throws {
    let (_, end) = try await live([
      { facts in facts.write("PATCH", "\(ModelLife.models)/income/scale", ["spec": ["replicas": 4]], by: "people") }
    ])
    #expect(end.object("modeldeployments/income")?[path: "spec", "serving", "replicas"] == 4)
    #expect(Self.replicas(end) == 4)
    var facts = end
    let scale = facts.write("GET", "\(ModelLife.models)/income/scale", by: "people")
    #expect(scale[path: "status", "replicas"] == 4)
    #expect(scale[path: "status", "selector"] == "apus.dev/component=server,apus.dev/model=income")
  }
}
