import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Reconcilers
import Testing

/// Alerts that a status holds, whichever release wrote it.
@Suite struct PendingAlertTests {
  private static let chat: JSONValue = [
    "name": "chat", "slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]],
  ]
  private static let mail: JSONValue = [
    "name": "mail", "email": ["server": "smtps://mail.example.org", "from": "a@example.org", "to": ["b@example.org"]],
  ]

  private func scene(_ channels: [JSONValue], pending: JSONValue, wire: RecordingWire) -> Scene {
    let scene = Scene(mail: wire)
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
        "spec": [
          "modelRef": ["name": "income"],
          "alerts": [
            "routes": [["severities": ["warning"], "channels": .array(channels.compactMap { $0["name"] })]],
            "channels": .array(channels),
          ],
        ],
        "status": ["alerting": ["pending": [pending]]],
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
    let later = MailRefusal(step: .receiver("b@example.org"), code: 451, text: "greylisted")
    let wire = RecordingWire(mails: [.fail(.nobodyAccepted([later]))])
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
    let wire = RecordingWire(mails: [.fail(.refused(MailRefusal(step: .sender, code: 550, text: "not you")))])
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
}
