import KubernetesModel

/// What people do, one thing after the other.
struct Chapter: Sendable {
  var name: String
  /// Looked at when nothing has changed for half a minute.
  var isDue: @Sendable (World.Facts) -> Bool
  var act: @Sendable (inout World.Facts) -> Void
}

/// The world did not get where the story goes on.
struct LifeFailure: Error, CustomStringConvertible {
  var description: String
}

/// Lets a world live through a story with one operator after the other.
struct Life {
  let world: World
  let story: [Chapter]

  private static let silence = 30.0
  private static let patience = 86_400.0
  /// Between the end of an operator and the start of the next.
  private static let restartTime = 2.0

  init(_ world: World, _ story: [Chapter]) {
    self.world = world
    self.story = story
  }

  /// The facts when the given chapter begins, or at the end of the story. A world that has begun already starts with a new
  /// operator, a moment after the end of the one before.
  func run(until limit: Int = .max) throws(LifeFailure) -> World.Facts {
    if world.facts.chapter > 0 { world.advance(to: world.now + Self.restartTime) }
    var process = OperatorProcess(in: world)
    var chapterBegan = world.now
    var steps = 0
    while world.facts.chapter < min(limit, story.count) {
      world.executor.drain()
      steps += 1
      guard steps < 10_000 else { throw LifeFailure(description: "time does not pass; \(world.facts.page.text)") }
      if world.buryOperator() {
        try end(process)
        world.advance(to: world.now + Self.restartTime)
        process = OperatorProcess(in: world)
        continue
      }
      if world.change({ $0.act() }) { continue }
      let facts = world.facts
      let chapter = story[facts.chapter]
      if facts.now - facts.lastChange >= Self.silence, chapter.isDue(facts) {
        world.change { facts in
          facts.pages[chapter.name] = facts.page
          facts.chapter += 1
          chapter.act(&facts)
        }
        world.mark()
        chapterBegan = facts.now
        continue
      }
      guard facts.now - chapterBegan < Self.patience else {
        throw LifeFailure(description: "'\(chapter.name)' never came; the world: \(facts.page.text)")
      }
      let silent = facts.lastChange + Self.silence
      let next = [world.nextAlarm, facts.nextDue, silent > facts.now ? silent : nil].compactMap(\.self).min()
      guard let next else {
        throw LifeFailure(description: "'\(chapter.name)' never came and nobody waits; the world: \(facts.page.text)")
      }
      world.advance(to: next)
    }
    try end(process)
    return world.facts
  }

  private func end(_ process: OperatorProcess) throws(LifeFailure) {
    guard process.kill() else { throw LifeFailure(description: "the operator did not end") }
  }
}
