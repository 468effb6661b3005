import KubernetesModel
import Testing

/// The operator is killed, refused and left without an answer at every write of a model's full life.
///
/// Each trial goes from the beginning of a chapter to the end of the next one, where the world must be as in the life that
/// nobody disturbed. That a new operator goes on from there as the old one would have, up to the end of the story, is
/// what the first test shows for every chapter.
@Suite struct CrashTests {
  struct Trial: Sendable {
    var facts: World.Facts
    var end: Int
    var fates: [Int: World.Fate] = [:]
    var description: String

    /// How the world ends otherwise than it should.
    func differences(to whole: World.Facts) -> [String] {
      var facts = facts
      facts.pages = [:]
      do {
        return try Life(World(facts, fates: fates), ModelLife.story).run(until: end).differences(to: whole)
      } catch {
        return ["\(error)"]
      }
    }
  }

  /// A whole life, and its chapters, each lived by a new operator.
  private struct Lives: Sendable {
    struct Part: Sendable {
      var chapter: Int
      var forks: [World.Fork]
      var writes: Int
      var complaints: [String]
    }

    var whole: World.Facts
    var marks: [Int: World.Facts]
    var parts: [Part]
  }

  private static let lives = Task {
    let world = World()
    let whole = try await onThreads([world]) { world in Result { try Life(world, ModelLife.story).run() } }[0].get()
    var marks = world.marks
    marks[0] = World.Facts()
    let parts = await onThreads(Array(ModelLife.story.indices)) { [marks] chapter in
      let world = World(marks[chapter] ?? World.Facts(), keepsForks: true)
      do {
        let end = try Life(world, ModelLife.story).run(until: chapter + 1)
        return Lives.Part(
          chapter: chapter, forks: world.forks, writes: world.writes, complaints: end.differences(to: whole))
      } catch {
        return Lives.Part(chapter: chapter, forks: [], writes: 0, complaints: ["\(error)"])
      }
    }
    return Lives(whole: whole, marks: marks, parts: parts)
  }

  private func expectTheSameEnd(_ trials: [Trial]) async throws {
    let whole = try await Self.lives.value.whole
    let found = await onThreads(trials) { $0.differences(to: whole) }
    for (trial, differences) in zip(trials, found) where !differences.isEmpty {
      Issue.record("\(trial.description): \(differences.joined(separator: "\n  "))")
    }
  }

  @Test func `a new operator in each chapter ends as the old one would have`() async throws {
    let lives = try await Self.lives.value
    for part in lives.parts {
      let differences = part.complaints.joined(separator: "\n  ")
      #expect(part.complaints.isEmpty, "'\(ModelLife.story[part.chapter].name)': \(differences)")
    }
    #expect(lives.parts.reduce(0) { $0 + $1.writes } == lives.whole.writes.count, "it writes nothing besides")
    #expect(lives.whole.writes.count > 150)
  }

  @Test(arguments: [false, true]) func `an operator is killed at any write, before or after its effect`(
    _ isAfter: Bool
  ) async throws {
    let lives = try await Self.lives.value
    try await expectTheSameEnd(
      lives.parts.flatMap { part in
        part.forks.map { fork in
          Trial(
            facts: isAfter ? fork.after : fork.before, end: part.chapter + 1,
            description: "'\(ModelLife.story[part.chapter].name)' \(isAfter ? "after" : "before") \(fork.write)")
        }
      })
  }

  @Test(arguments: [World.Fate.refusal(409), .refusal(500), .lostAnswer]) func `a write fails once`(
    _ fate: World.Fate
  ) async throws {
    let lives = try await Self.lives.value
    try await expectTheSameEnd(
      lives.parts.flatMap { part in
        part.forks.enumerated().map { index, fork in
          Trial(
            facts: lives.marks[part.chapter] ?? World.Facts(), end: part.chapter + 1, fates: [index + 1: fate],
            description: "'\(ModelLife.story[part.chapter].name)', \(fate) for \(fork.write)")
        }
      })
  }
}

extension World.Facts {
  /// What has come otherwise than in another life of the same story, from the first chapter on where anything has.
  func differences(to other: World.Facts) -> [String] {
    for chapter in ModelLife.story {
      guard let mine = pages[chapter.name] else { continue }
      let differences = mine.differences(to: other.pages[chapter.name] ?? .null, at: "\(chapter.name): ")
      if !differences.isEmpty { return differences }
    }
    return []
  }
}
