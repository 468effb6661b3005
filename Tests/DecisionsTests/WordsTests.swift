import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Nothing is read out of a sentence: where every message, reason text and line of history that is observed says "x", all is
/// decided as before, step by step. Words decide one thing only: whether what was announced is announced again.
@Suite struct WordsTests {
  static let sentences =
    ModelTrainingTests.sentences + ModelPromotionTests.sentences + JudgementTests.sentences + JudgementTests.sameData
    + RetentionTests.sentences + DeletionTests.sentences + ScheduleChangeTests.sentences + PolicyTests.sentences

  @Test(arguments: sentences) func `a life without words takes the same course`(_ sentence: Sentence) {
    compare(sentence.text) {
      var world = sentence.begin()
      sentence.happen(&world)
      world.settle()
      return world
    }
  }

  @Test(arguments: CrashTests.moments) func `and so it does after a crash`(_ moment: CrashTests.Moment) {
    let reconcilers: [@Sendable (inout World, Int) -> Int] = [
      { $0.reconcileModel(writing: $1) }, { $0.reconcilePolicy(writing: $1) },
    ]
    let begin = moment.world()
    for reconcile in reconcilers {
      var other = begin
      let writes = reconcile(&other, .max)
      guard writes > 0 else { continue }
      for count in 0...writes {
        compare("\(moment.testDescription), died after write \(count)") {
          var world = begin
          _ = reconcile(&world, count)
          // So late that what is decided anew would be named otherwise.
          world.pass(TimeSpan(seconds: 59))
          world.settle()
          return world
        }
      }
    }
  }

  /// There is no typed source for why a pod is refused or does not start: what the cluster says about it shapes words only.
  @Test func `whatever the cluster says about a pod, the same is decided`() throws {
    func decision(_ change: (inout WorkerJob) -> Void) throws -> WordlessDecision {
      var world = World(aModel())
      world.settle()
      var job = try #require(world.running)
      change(&job)
      world.jobs[job.name] = job
      return WordlessDecision(try #require(world.observeModel()).decide())
    }
    let refused = try decision { $0.refusal = "x" }
    for row in PodRefusalTests.refusals {
      let other = try decision { $0.refusal = row.message }
      #expect(other == refused, "\(row.testDescription): \(other.difference(to: refused) ?? "other announcements")")
    }
    for trouble in PodRefusalTests.troubles {
      let (told, untold) = (
        try decision { $0.trouble = PodTrouble(pod: "p", reason: trouble.reason, message: trouble.message) },
        try decision { $0.trouble = PodTrouble(pod: "p", reason: trouble.reason, message: "x") }
      )
      #expect(told == untold, "\(trouble): \(told.difference(to: untold) ?? "other announcements")")
    }
  }

  private func compare(_ text: String, _ life: () -> World) {
    let kept = Words.$current.withValue(.kept, operation: life).decided
    let crossedOut = Words.$current.withValue(.crossedOut, operation: life).decided
    #expect(!kept.isEmpty && kept.count == crossedOut.count, "\(text): another number of steps")
    var said: Set<Announcement> = []
    for (step, (kept, crossedOut)) in zip(kept, crossedOut).enumerated() {
      let difference = kept.difference(to: crossedOut)
      #expect(difference == nil, "\(text), step \(step): \(difference ?? "")")
      #expect(kept.announcements.subtracting(crossedOut.announcements) == [], "\(text), step \(step): not announced")
      let more = crossedOut.announcements.subtracting(kept.announcements)
      #expect(more.subtracting(said) == [], "\(text), step \(step): announced besides")
      said.formUnion(kept.announcements)
      guard difference == nil else { return }
    }
  }
}

extension WordlessDecision {
  /// The first member that differs, as it is without and with words; nil: none does.
  fileprivate func difference(to other: WordlessDecision) -> String? {
    if let model, let others = other.model, model != others {
      return Self.difference(model, others) ?? "a difference that nothing shows"
    }
    if let policy, let others = other.policy, policy != others {
      return Self.difference(policy, others) ?? "a difference that nothing shows"
    }
    return (model == nil) == (other.model == nil) ? nil : "one is about the model, the other about the policy"
  }

  private static func difference(_ one: Any, _ other: Any, at path: String = "") -> String? {
    // Members of two objects come in any order.
    if let one = one as? [String: JSONValue], let other = other as? [String: JSONValue] {
      guard let name = Set(one.keys).union(other.keys).sorted().first(where: { one[$0] != other[$0] }) else {
        return nil
      }
      return difference(one[name] ?? .null, other[name] ?? .null, at: "\(path).\(name)")
    }
    if let one = one as? JSONValue, let other = other as? JSONValue, one == other { return nil }
    let (own, others) = (Mirror(reflecting: one).children, Mirror(reflecting: other).children)
    if !own.isEmpty, own.count == others.count {
      return zip(own, others).lazy.compactMap { left, right in
        difference(left.value, right.value, at: "\(path).\(left.label ?? "")")
      }.first
    }
    guard "\(one)" != "\(other)" else { return nil }
    return "\(path) is \("\(other)".prefix(400)), with words \("\(one)".prefix(400))"
  }
}
