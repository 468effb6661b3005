import ApusAPI
import Decisions
import KubernetesModel
import Testing

/// What is left to send of an alert, and what people are told, for each outcome of an attempt.
@Suite struct AlertDeliveryTests {
  private static let now = Timestamp(secondsSince1970: 1_793_188_800.5)

  private static func alert(_ attempts: Int) -> AlertingStatus.PendingAlert {
    .init(
      rule: "FeatureDrift", state: "firing", message: "age drifts", at: MicroTime(now), channels: nil,
      attempts: attempts)
  }

  private static func obstacle(_ channel: String, _ kind: DeliveryObstacle.Kind) -> DeliveryObstacle {
    DeliveryObstacle(channel: channel, kind, reason: "because of \(channel)")
  }

  private static let refused = obstacle("pager", .refused)
  private static let gone = obstacle("gone", .refusedForGood)
  private static let unreadable = obstacle("chat", .unreadable)
  private static let unsupported = obstacle("mail", .unsupported)
  private static let postponed = obstacle("mail", .postponed)

  private static let unconfirmed = obstacle("post", .unconfirmed)

  private static let pagerText = "'Drift' did not reach channel pager: because of pager"
  private static let goneText = "'Drift' did not reach channel gone: because of gone"
  private static let chatText = "channel chat: because of chat"
  private static let mailText = "channel mail: because of mail"
  private static let postText = "'Drift' did not reach channel post: because of post"
  private static let again = "; the operator will retry"
  private static let over = "; the operator gave up after 6 tries"

  @Test(
    arguments: [
      // All channels have it.
      (0, [], nil, []), (3, [], nil, []),
      (0, [refused], ["pager"], [pagerText + again]),
      (0, [refused, unreadable], ["pager", "chat"], [pagerText + again, chatText + again]),
      (0, [unconfirmed], ["post"], [postText + again]), (5, [unconfirmed], nil, [postText + over]),
      // What was told once is not told again while it is tried …
      (1, [refused], ["pager"], []), (4, [unreadable], ["chat"], []),
      // … but that it is given up is.
      (5, [refused, unreadable], nil, [pagerText + over, chatText + over]),
      (9, [refused], nil, [pagerText + "; the operator gave up after 10 tries"]),
      // Beside a channel that was tried, another waits for the same next try.
      (0, [refused, postponed], ["pager", "mail"], [pagerText + again]),
      // A later try cannot help.
      (0, [unsupported], nil, [mailText]), (2, [unsupported], nil, [mailText]),
      (0, [gone], nil, [goneText]), (3, [gone, refused], ["pager"], [goneText, pagerText + again]),
      (0, [refused, unsupported], ["pager"], [pagerText + again, mailText]),
      (1, [refused, unsupported], ["pager"], []),
    ] as [(Int, [DeliveryObstacle], [String]?, [String])])
  func `what an attempt leaves and tells`(
    _ attempts: Int, _ obstacles: [DeliveryObstacle], _ left: [String]?, _ told: [String]
  ) {
    let alert = Self.alert(attempts)
    let verdict = alert.after(obstacles, titled: "Drift", at: Self.now)
    #expect(verdict.left?.channels == left)
    #expect(verdict.told == told.sorted())
    guard let next = verdict.left else { return }
    #expect(next.attempts == attempts + 1 && next.at == alert.at && next.message == alert.message)
    #expect(!next.isDue(at: Self.now))
  }

  @Test func `an alert that nobody takes is tried six times in about half an hour`() {
    var now = Self.now
    var alert: AlertingStatus.PendingAlert? = Self.alert(0)
    var pauses: [Double] = []
    var told: [Int] = []
    while let pending = alert {
      #expect(pending.isDue(at: now))
      let verdict = pending.after([Self.refused], titled: "Drift", at: now)
      if !verdict.told.isEmpty { told.append(pending.attempts) }
      alert = verdict.left
      guard let next = alert?.retryAt else { continue }
      pauses.append(next.seconds(since: now.wholeSeconds))
      now = next
    }
    #expect(pauses == [60, 120, 240, 480, 960] && told == [0, 5])
    #expect(pauses == AlertingStatus.PendingAlert.pauses && pauses.reduce(0, +) == 31 * 60)
  }

  @Test(arguments: [0, 5, 9])
  func `an alert that was not tried loses no try`(_ attempts: Int) {
    let alert = Self.alert(attempts)
    let verdict = alert.after([Self.postponed], titled: "Drift", at: Self.now)
    #expect(verdict.left?.attempts == attempts && verdict.left?.channels == ["mail"] && verdict.told.isEmpty)
    #expect(verdict.left?.retryAt == Self.now.wholeSeconds.advanced(bySeconds: 60))
  }

  @Test(
    arguments: [
      (0, [nil], 60), (0, [30], 60), (0, [59.2], 60), (0, [90.2], 91), (3, [90], 480), (0, [7200], 3600),
      // A channel does not wait for what another one asks.
      (0, [90, nil], 60), (0, [90, 120], 90),
    ] as [(Int, [Double?], Double)])
  func `a channel may ask for a longer pause`(_ attempts: Int, _ pauses: [Double?], _ seconds: Double) {
    let obstacles = pauses.enumerated().map { index, pause in
      DeliveryObstacle(channel: "\(index)", .refused, reason: "busy", pause: pause)
    }
    let left = Self.alert(attempts).after(obstacles, titled: "Drift", at: Self.now).left
    #expect(left?.retryAt == Self.now.wholeSeconds.advanced(bySeconds: seconds))
  }

  @Test func `a channel that was not tried does not lose an alert that others are given up for`() {
    let verdict = Self.alert(5).after([Self.refused, Self.postponed], titled: "Drift", at: Self.now)
    #expect(verdict.told == [Self.pagerText + Self.over])
    #expect(verdict.left?.channels == ["mail"] && verdict.left?.attempts == 0)
    #expect(verdict.left?.retryAt == Self.now.wholeSeconds.advanced(bySeconds: 60))
  }

  @Test func `an alert whose Secret may not be read waits for the right, and says so once`() throws {
    let notAllowed = Self.obstacle("chat", .notAllowed)
    var pending = Self.alert(0)
    var told: [String] = []
    for _ in 0..<100 {
      let verdict = pending.after([notAllowed], titled: "Drift", at: Self.now)
      told += verdict.told
      pending = try #require(verdict.left)
      #expect(pending.attempts == 0 && pending.channels == ["chat"] && !pending.isDue(at: Self.now))
    }
    #expect(told == [Self.chatText + "; the alert waits until then"])
    // Nor does it end with those that are given up.
    let both = Self.alert(5).after([Self.refused, notAllowed], titled: "Drift", at: Self.now)
    #expect(both.left?.channels == ["chat"] && both.told == [Self.pagerText + Self.over])
  }

  @Test func `that a channel may have an alert is kept while it is left`() {
    let first = Self.alert(0).after([Self.unconfirmed, Self.refused], titled: "Drift", at: Self.now).left
    #expect(first?.unconfirmed == ["post"])
    let post = Self.obstacle("post", .refused)
    let second = first?.after([post, Self.refused], titled: "Drift", at: Self.now).left
    #expect(second?.unconfirmed == ["post"] && second?.channels == ["post", "pager"])
    #expect(second?.after([Self.refused], titled: "Drift", at: Self.now).left?.unconfirmed == [])
  }

  @Test func `the next look is at the alert that is tried first`() {
    var (soon, late, untried) = (Self.alert(1), Self.alert(1), Self.alert(0))
    soon.retryAt = Self.now.advanced(bySeconds: 20)
    late.retryAt = Self.now.advanced(bySeconds: 90)
    untried.retryAt = nil
    #expect([late, untried, soon].nextTry(after: Self.now) == 20)
    #expect([soon].nextTry(after: Self.now.advanced(bySeconds: 60)) == 1)
    #expect(
      [untried].nextTry(after: Self.now) == nil && [AlertingStatus.PendingAlert]().nextTry(after: Self.now) == nil)
  }
}
