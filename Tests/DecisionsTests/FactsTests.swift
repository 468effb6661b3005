import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What metrics count of a decision: each end of a training, each promotion and each new verdict once.
@Suite struct FactsTests {
  /// The facts of decisions until the model's end of a training is settled.
  private func facts(_ world: inout World) throws -> [ModelDecision.Facts] {
    var facts: [ModelDecision.Facts] = []
    for _ in 0..<6 {
      facts.append(try #require(world.observeModel()).decide().facts)
      world.reconcileModel()
    }
    return facts.filter { $0.isPromotion || !$0.trainings.isEmpty }
  }

  private func ended(_ body: (inout World) -> Void) throws -> [ModelDecision.Facts] {
    var world = World.serving()
    world.settle()
    #expect(try facts(&world).isEmpty)
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
    world.settle()
    world.pass(TimeSpan(seconds: 60))
    body(&world)
    return try facts(&world)
  }

  @Test func `a version that is trained and promoted counts once as either`() throws {
    let facts = try ended { world in
      guard let job = world.running else { return }
      world.end(job.name, exitCode: 0, message: termination(result("v2", against: "v1")))
    }
    #expect(facts.flatMap(\.trainings) == [.succeeded])
    #expect(facts.count { $0.isPromotion } == 1)
  }

  @Test func `a training that fails counts once, and promotes nothing`() throws {
    let facts = try ended { world in
      guard let job = world.running else { return }
      world.end(job.name, exitCode: 65, message: nil)
    }
    #expect(facts.flatMap(\.trainings) == [.failed] && !facts.contains { $0.isPromotion })
  }

  @Test func `a policy's facts are its interval, and a verdict while it is new`() throws {
    var world = World.serving(policy: aPolicy("watch", ["schedule": ["cron": "0 2 * * *"]]))
    world.settle()
    var observed = try #require(world.observePolicy())
    #expect(observed.decide().facts.checkInterval == 86400)
    observed.policy.spec.suspend = true
    #expect(observed.decide().facts.checkInterval == 0)
    observed.policy.spec.suspend = false
    observed.policy.status.retraining.decision = nil
    let first = observed.decide()
    #expect(first.facts.newVerdict != nil && first.facts.newVerdict == first.status.retraining.decision)
    observed.policy.status.retraining.decision = first.status.retraining.decision
    #expect(observed.decide().facts.newVerdict == nil)
  }
}
