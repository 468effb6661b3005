import Foundation
import KubernetesModel
import TestSupport
import Testing

/// A model's whole life on a cluster: trained, promoted, checked, found drifting, retrained, rolled out, rolled back,
/// trained for nothing, failed, deleted. Training, serving and checking are the cluster's.
struct CrashLife: Sendable {
  struct Chapter: Sendable {
    var name: String
    /// What people do.
    var act: @Sendable (CrashLife) async throws -> Void
    /// Whether the cluster has come where the chapter ends, apart from what is compared.
    var isOver: @Sendable (LifePage) -> Bool
  }

  /// How it went.
  struct Account: Sendable {
    var pages: [String: LifePage] = [:]
    var seconds = 0.0
    var deaths = 0
    var writes: [PassedWrite] = []
    var complaints: [String] = []
  }

  let stage: Stage

  /// Lives it under an operator that dies as said.
  /// - Parameter whole: a life that nobody disturbed: each chapter must end as there.
  static func run(on cluster: Cluster, dying death: Death?, as whole: Account?) async throws -> Account {
    // The same name in each life, as the names of some objects are made of it.
    let stage = try await Stage.open("life", on: cluster, isNamedSo: true)
    let mortal = try await MortalOperator(of: cluster, dying: death)
    do {
      let account = try await CrashLife(stage: stage).live(mortal, as: whole)
      try await stage.vanish()
      return account
    } catch {
      await mortal.end()
      throw error
    }
  }

  private func live(_ mortal: MortalOperator, as whole: Account?) async throws -> Account {
    var account = Account()
    let begun = ContinuousClock.now
    try write(rows: Self.rows(isOpposite: false))
    try await mortal.begin()
    for chapter in Self.story {
      let start = ContinuousClock.now
      try await chapter.act(self)
      try await mortal.path.listen()
      let (page, differences) = try await end(of: chapter, mortal, as: whole?.pages[chapter.name])
      account.pages[chapter.name] = page
      account.complaints += differences.map { "\(chapter.name): \($0)" }
      let (deaths, writes) = (await mortal.deaths, try await mortal.path.writes.count)
      Soak.say(
        "  \(chapter.name): \((start.duration(to: .now) / .seconds(1)).short) s; \(writes) writes, \(deaths) deaths")
      Soak.keep("\(mortal.death?.rawValue ?? "undisturbed"): \(chapter.name)\n\(page.text)\n")
      // What comes later differs as well, and says less.
      if !differences.isEmpty { break }
    }
    account.writes = try await mortal.stop()
    account.seconds = begun.duration(to: .now) / .seconds(1)
    account.deaths = await mortal.deaths
    account.complaints += await mortal.complaints
    return account
  }

  /// The page on which a chapter ends, and what is wrong with it: when nothing has been asked of the API server for a while,
  /// and the page is that of the other life.
  private func end(
    of chapter: Chapter, _ mortal: MortalOperator, as other: LifePage?
  ) async throws -> (LifePage, [String]) {
    var last: LifePage?
    do {
      let page = try await eventually(chapter.name, within: .seconds(300), every: .milliseconds(500)) {
        () async throws -> LifePage? in
        guard let silence = try await mortal.path.silence, silence > .seconds(3) else { return nil }
        let page = try await LifePage(of: stage)
        last = page
        if let other, silence > .seconds(60) {
          throw LifeIsOtherwise(page: page, differences: page.differences(to: other))
        }
        guard chapter.isOver(page), other.map({ $0 == page }) ?? true else { return nil }
        // Nothing has happened while it was read.
        guard let silence = try await mortal.path.silence, silence > .seconds(3) else { return nil }
        return page
      }
      return (page, [])
    } catch let error as LifeIsOtherwise {
      return (error.page, error.differences)
    } catch let error as DeadlineExceeded {
      guard let last else { throw error }
      guard let other else { throw SoakFailure("\(error)\n\(last.text)") }
      return (last, ["\(error)"] + last.differences(to: other))
    }
  }

  func write(rows: String) throws {
    try rows.write(to: stage.storage.appendingPathComponent("data/small.csv"), atomically: true, encoding: .utf8)
  }

  /// Predictions as people ask for them, with ids that tell them apart; kept when it returns.
  func predict(_ name: String, values: [Double]) async throws {
    let requests = values.enumerated().map { index, value in
      #"{"request_id":"\#(name)-\#(index)","features":{"a":\#(value),"b":"\#(index % 3 == 0 ? "red" : "blue")"}}"#
    }
    let url = try await stage.url(ofService: "life") + "/predict/batch"
    let answer = try await stage.cluster.http(
      "POST", url, body: #"{"requests":[\#(requests.joined(separator: ","))]}"#)
    guard answer.status == 200 else { throw SoakFailure("predictions: \(answer.status) \(answer.body)") }
    try await stage.waitUntilRecorded(model: "life")
  }

  func patch(_ patch: String) async throws {
    try await stage.kubectl("patch", "md", "life", "--type=merge", "-p", patch)
  }
}

/// Nobody does anything any more, and it is not as it should be.
private struct LifeIsOtherwise: Error {
  var page: LifePage
  var differences: [String]
}
