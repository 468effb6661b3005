import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
@testable import Reconcilers
import TestSupport
import Testing

/// Alerts that a status holds, whichever release wrote it.
@Suite struct PendingAlertTests {
  private static let chat: JSONValue = [
    "name": "chat", "slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]],
  ]
  private static let mail: JSONValue = [
    "name": "mail", "email": ["server": "smtps://mail.example.org", "from": "a@example.org", "to": ["b@example.org"]],
  ]

  /// - Parameter pending: one alert or several.
  private func scene(
    _ channels: [JSONValue], pending: JSONValue, wire: RecordingWire, clock: ManualClock = ManualClock(),
    spec: JSONValue = [:]
  ) -> Scene {
    let scene = Scene(mail: wire, clock: clock)
    let base: JSONValue = [
      "modelRef": ["name": "income"],
      "alerts": [
        "routes": [["severities": ["warning"], "channels": .array(channels.compactMap { $0["name"] })]],
        "channels": .array(channels),
      ],
    ]
    _ = scene.cluster.put(
      Resource.secrets,
      [
        "metadata": ["name": "alerts", "namespace": "shop"],
        "data": ["slack": .string(Data("http://slack/hook".utf8).base64EncodedString())],
      ])
    scene.put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": ["name": "watch", "namespace": "shop", "uid": "u-1", "generation": 1],
        "spec": base.merged(with: spec),
        "status": ["alerting": ["pending": .array(pending.array ?? [pending])]],
      ])
    return scene
  }

  private func pending(of scene: Scene) -> [JSONValue] {
    scene.cluster.object("monitoringpolicies", "watch")?[path: "status", "alerting", "pending"]?.array ?? []
  }

  private let watch = ObjectKey(namespace: "shop", name: "watch")

  @Test func `of a release before are delivered as they would have been`() async throws {
    let wire = RecordingWire()
    let scene = scene(
      [Self.chat, Self.mail],
      pending: [
        "rule": "FeatureDrift", "state": "firing", "message": "age: PSI 0.2", "at": "2026-10-28T11:59:00.000001Z",
        "channels": ["chat"], "attempts": 2, "retryAt": "2026-10-28T11:59:30Z",
      ], wire: wire)
    _ = try await scene.policies.reconcile(watch)
    let request = try #require(scene.transport.requests.first)
    #expect(request.url == "http://slack/hook" && wire.mails.isEmpty)
    // What another release has sent is known by it.
    let identifier = StableHash.hexadecimal("u-1/shop/watch/FeatureDrift/firing/2026-10-28T11:59:00.000001Z".utf8)
    #expect(request.headers["Idempotency-Key"] == identifier)
    #expect(pending(of: scene) == [])
  }

  @Test func `go by e-mail where the policy says so, and stay for a channel that puts them off`() async throws {
    let later = MailRefusal(step: .recipient("b@example.org"), code: 451, text: "greylisted")
    let wire = RecordingWire(mails: [.fail(MailError(.nobodyAccepted, refusals: [later]))])
    let scene = scene(
      [Self.chat, Self.mail],
      pending: ["rule": "FeatureDrift", "state": "firing", "message": "age", "at": "2026-10-28T11:59:00.000001Z"],
      wire: wire)
    _ = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == 1 && scene.transport.requests.count == 1)
    #expect(pending(of: scene).map { $0["channels"] } == [["mail"]])
    _ = try await scene.policies.reconcile(watch)
    #expect(scene.events.reasons.contains("MonitoringPolicy AlertNotDelivered"))
    #expect(scene.condition("AlertsDeliverable", of: "monitoringpolicies", "watch")?["status"] == "True")
  }

  @Test func `that a server refuses for good are told and given up`() async throws {
    let wire = RecordingWire(mails: [.fail(MailError(.refused(MailRefusal(step: .content, code: 554, text: "spam"))))])
    let scene = scene(
      [Self.mail],
      pending: ["rule": "FeatureDrift", "state": "firing", "message": "age", "at": "2026-10-28T11:59:00.000001Z"],
      wire: wire)
    _ = try await scene.policies.reconcile(watch)
    #expect(pending(of: scene) == [])
    _ = try await scene.policies.reconcile(watch)
    #expect(scene.events.reasons.contains("MonitoringPolicy AlertNotDelivered") && wire.mails.count == 1)
  }

  @Test func `do not wait for a channel that only its spec can mend`() async throws {
    var broken = Self.mail
    broken.set(["ä@example.org"], at: ["email", "to"])
    let wire = RecordingWire()
    let scene = scene(
      [broken], pending: ["rule": "FeatureDrift", "state": "firing", "message": "age", "at": "2026-10-28T11:59:00Z"],
      wire: wire)
    _ = try await scene.policies.reconcile(watch)
    #expect(pending(of: scene) == [] && wire.mails.isEmpty)
    let condition = scene.condition("AlertsDeliverable", of: "monitoringpolicies", "watch")
    #expect(condition?["reason"] == "ChannelUnusable")
    #expect(condition?["message"]?.string?.hasPrefix("mail: email.to[0]: 'ä@example.org'") == true)
  }

  private static let two: JSONValue = [
    ["rule": "FeatureDrift", "state": "firing", "message": "one", "at": "2026-10-28T11:59:00.000001Z"],
    ["rule": "FeatureDrift", "state": "resolved", "message": "two", "at": "2026-10-28T11:59:00.000002Z"],
  ]

  @Test func `that were sent are not sent again when the pass is broken off`() async throws {
    let wire = RecordingWire(mails: [.refuse([]), .hang])
    let scene = scene([Self.mail], pending: Self.two, wire: wire)
    let pass = Task { try await scene.policies.reconcile(watch) }
    _ = try await eventually("the second mail is on its way", within: .seconds(600)) {
      wire.mails.count == 2 ? true : nil
    }
    pass.cancel()
    await #expect(throws: CancellationError.self) { try await pass.value }
    // The status knows, whatever becomes of this process.
    #expect(pending(of: scene).map { $0["message"] } == ["two"])
    #expect(pending(of: scene).map { $0["attempts"] ?? 0 } == [0])
  }

  @Test func `that one channel has taken are not sent to it by another process, while another is waited for`()
    async throws
  {
    let wire = RecordingWire(mails: [.hang])
    let before = scene([Self.chat, Self.mail], pending: [Self.two[0] ?? .null], wire: wire)
    let pass = Task { try await before.policies.reconcile(watch) }
    // Whatever becomes of the process from here on.
    let left = try await eventually("the status knows who has the alert") {
      pending(of: before).first { $0["channels"] == ["mail"] }
    }
    #expect(before.transport.requests.count == 1 && left["attempts"] ?? 0 == 0 && left["retryAt"] == nil)
    let next = RecordingWire()
    let after = scene([Self.chat, Self.mail], pending: left, wire: next)
    _ = try await after.policies.reconcile(watch)
    #expect(after.transport.requests.isEmpty && next.mails.count == 1 && pending(of: after) == [])
    pass.cancel()
    await #expect(throws: CancellationError.self) { try await pass.value }
  }

  @Test func `reach the slow channel though the status about the fast one cannot be written`() async throws {
    let isRefused = ScriptedGate()
    let wire = RecordingWire(mails: [.takeAfter(isRefused)])
    let scene = scene([Self.chat, Self.mail], pending: [Self.two[0] ?? .null], wire: wire)
    scene.cluster.fail { request in
      guard String(decoding: request.body, as: UTF8.self).contains(#""channels":["mail"]"#) else { return nil }
      isRefused.open()
      return 500
    }
    _ = try await scene.policies.reconcile(watch)
    #expect(isRefused.isOpen && pending(of: scene) == [])
    #expect(scene.transport.requests.count == 1 && wire.mails.count == 1)
  }

  @Test(arguments: [(false, "2026-11-08T00:00:00Z"), (true, "2026-10-29T11:59:00Z")])
  func `know the checks that may find them again`(isSuspended: Bool, end: String) async throws {
    let scene = scene(
      [["name": "manager", "alertmanager": ["url": "http://am:9093"]]], pending: [Self.two[0] ?? .null],
      wire: RecordingWire(), spec: ["schedule": ["cron": "@weekly"], "suspend": .bool(isSuspended)])
    _ = try await scene.policies.reconcile(watch)
    let request = try #require(scene.transport.requests.first)
    #expect(try JSONValue(parsing: request.body).array?.first?["endsAt"]?.string == end)
  }

  /// A reconcile may be slow before it comes to them, and the next one too.
  @Test func `are sent one at a time where everything else takes long`() async throws {
    let wire = RecordingWire()
    let scene = scene([Self.mail], pending: Self.two, wire: wire)
    let object = try #require(scene.cluster.object("monitoringpolicies", "watch"))
    let policy = try scene.caches.decodedPolicies.decode(object)
    let time = ManualClock().source
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let dispatcher = AlertDispatcher(transport: wire, mail: wire, time: time, logger: quiet)
    var pass = AlertPass(policy, SecretReader(scene.cluster, .init()), dispatcher, time, since: .seconds(-100))
    var steps: [Bool] = []
    for alert in policy.status.alerting.pending {
      steps.append(try await pass.send(alert, recordLeft: { _ in }) != nil)
    }
    #expect(steps == [true, false] && wire.mails.count == 1 && pass.isCutShort)
  }

  @Test(arguments: [(20, 2), (21, 1)])
  func `begin early enough in a pass to end within it`(seconds: Int, mails: Int) async throws {
    let clock = ManualClock()
    let wire = RecordingWire { clock.advance(by: .seconds(seconds)) }
    let scene = scene([Self.mail], pending: Self.two, wire: wire, clock: clock)
    let next = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == mails && (next == 1) == (mails == 1))
    #expect(pending(of: scene).map { $0["message"] } == (mails == 1 ? ["two"] : []))
    // The other loses no try.
    #expect(pending(of: scene).allSatisfy { $0["attempts"] ?? 0 == 0 && $0["retryAt"] == nil })
    let again = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == 2 && pending(of: scene) == [] && again != 1)
  }

  @Test func `end within the reconciler's time, the slowest mail to the most recipients too`() {
    let mail = MailTimeouts().total(recipients: MonitoringPolicySpec.Alerts.Channel.Email.maximumRecipients)
    #expect(AlertPass.latestStart + AlertDispatcher.soon + mail <= PolicyReconciler.timeLimit - .seconds(30))
  }

  @Test func `that a mail server may have are sent once more, by another process too`() async throws {
    let lost = MailError(.unconfirmed(.timedOut(origin: "smtps://mail.example.org:465", reason: "slow")))
    let first = RecordingWire(mails: [.fail(lost)])
    let before = scene([Self.mail], pending: [Self.two[0] ?? .null], wire: first)
    _ = try await before.policies.reconcile(watch)
    var left = try #require(pending(of: before).first)
    #expect(left["channels"] == ["mail"] && left["unconfirmed"] == ["mail"] && left["attempts"] == 1)
    left["retryAt"] = nil
    let second = RecordingWire(mails: [.fail(lost)])
    let after = scene([Self.mail], pending: left, wire: second)
    _ = try await after.policies.reconcile(watch)
    #expect(second.mails.count == 1 && pending(of: after) == [])
    _ = try await after.policies.reconcile(watch)
    #expect(after.events.messages.contains { $0.hasSuffix("it was sent twice and will not be sent again") })
  }

  @Test func `do not wait one after another for a channel that fails`() async throws {
    let slow = MailError(.transport(.timedOut(origin: "smtps://mail.example.org:465", reason: "slow")))
    let wire = RecordingWire(mails: [.fail(slow)])
    let scene = scene([Self.chat, Self.mail], pending: Self.two, wire: wire)
    let next = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == 1 && scene.transport.requests.count == 2)
    #expect(pending(of: scene).map { $0["channels"] } == [["mail"], ["mail"]])
    // The second was not tried, so none of its tries is used up.
    #expect(pending(of: scene).map { $0["attempts"] ?? 0 } == [1, 0])
    #expect(pending(of: scene).allSatisfy { $0["retryAt"] == "2026-10-28T12:01:00Z" } && next.map { $0 <= 60 } == true)
  }

  @Test func `are tried for the others where a server refuses one of them`() async throws {
    let full = MailError(.refused(MailRefusal(step: .content, code: 452, text: "full")))
    let wire = RecordingWire(mails: [.fail(full)])
    let scene = scene(
      [Self.mail],
      pending: [
        Self.two[0] ?? .null,
        ["rule": "PredictionDrift", "state": "firing", "message": "three", "at": "2026-10-28T11:59:00.000003Z"],
      ], wire: wire)
    _ = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == 2 && pending(of: scene).map { $0["message"] } == ["one"])
  }

  /// An incident that is resolved before it is opened stays open.
  @Test(arguments: [nil, "2026-10-28T12:05:00Z"] as [String?])
  func `of one rule reach a channel in their order`(retryAt: String?) async throws {
    let full = MailError(.refused(MailRefusal(step: .content, code: 452, text: "full")))
    let wire = RecordingWire(mails: [.fail(full)])
    var first = try #require(Self.two[0])
    first["channels"] = ["mail"]
    first["attempts"] = 3
    first["retryAt"] = retryAt.map(JSONValue.string)
    let second = try #require(Self.two[1])
    let scene = scene([Self.chat, Self.mail], pending: [first, second], wire: wire)
    _ = try await scene.policies.reconcile(watch)
    #expect(wire.mails.count == (retryAt == nil ? 1 : 0) && scene.transport.requests.count == 1)
    #expect(pending(of: scene).map { $0["message"] } == ["one", "two"])
    #expect(pending(of: scene).map { $0["channels"] } == [["mail"], ["mail"]])
    #expect(pending(of: scene).map { $0["attempts"] ?? 0 } == [retryAt == nil ? 4 : 3, 0])
  }

  @Test func `tell whom a server refused for good, also at a later try`() async throws {
    let later = MailRefusal(step: .recipient("b@example.org"), code: 451, text: "greylisted")
    let gone = MailRefusal(step: .recipient("c@example.org"), code: 550, text: "who")
    var mail = Self.mail
    mail.set(["b@example.org", "c@example.org"], at: ["email", "to"])
    let wire = RecordingWire(mails: [.fail(MailError(.nobodyAccepted, refusals: [later, gone]))])
    let scene = scene(
      [mail],
      pending: [
        "rule": "FeatureDrift", "state": "firing", "message": "age", "at": "2026-10-28T11:59:00.000001Z",
        "channels": ["mail"], "attempts": 2,
      ], wire: wire)
    _ = try await scene.policies.reconcile(watch)
    _ = try await scene.policies.reconcile(watch)
    let notes = scene.events.messages.filter { $0.contains("did not reach") }
    #expect(notes.contains { $0.contains("c@example.org: 550") }, "\(notes)")
    #expect(pending(of: scene).map { $0["attempts"] } == [3])
  }
}
