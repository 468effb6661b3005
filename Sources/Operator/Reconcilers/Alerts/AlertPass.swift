import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel

/// One pass over a policy's pending alerts. Credentials are read when they are needed and kept nowhere.
///
/// A channel that fails whatever the alert is left alone for the rest of the pass, and alerts of one rule reach a channel in
/// their order: the alerts that wait for that are put off, which does not count as one of their tries.
struct AlertPass {
  /// What became of one alert.
  struct Step {
    /// What is left to send; nil: nothing, or the alert is given up.
    var left: AlertingStatus.PendingAlert?
    /// What people have to know.
    var told: [String] = []
    /// The alert with all of its channels, and by channel why it is not there; nil: nothing was tried.
    var sent: (alert: Alert, failures: [String: String])?
  }

  private let policy: MonitoringPolicy
  private let secrets: ChannelSecrets
  private let dispatcher: AlertDispatcher
  private let time: TimeSource
  private let start: Duration
  /// Channels that failed in this pass.
  private var failed: Set<String> = []
  /// By rule, channels that an earlier alert has yet to reach: a resolution that arrived before its trigger would leave
  /// the incident open.
  private var awaited: [String: Set<String>] = [:]
  /// Whether an alert was tried in this pass.
  private var hasBegun = false
  /// Whether alerts that are due wait for the next pass.
  private(set) var isCutShort = false

  /// No further alert is begun later than this in a reconcile, so that even the slowest ends before its time limit. The
  /// first one always is: a slow API server must not silence a policy.
  static let latestStart = Duration.seconds(20)

  /// - Parameter start: of the reconcile, by the monotonic clock.
  init(
    _ policy: MonitoringPolicy, _ secrets: SecretReader, _ dispatcher: AlertDispatcher, _ time: TimeSource,
    since start: Duration
  ) {
    self.policy = policy
    self.secrets = ChannelSecrets(secrets, namespace: policy.metadata.namespace ?? "")
    self.dispatcher = dispatcher
    self.time = time
    self.start = start
  }

  /// nil: not now. Errors: `CancellationError`; what the channels took until then is remembered by the dispatcher.
  /// - Parameter recordLeft: called with what is left to send each time that a channel has the alert while others are
  ///   still under way.
  mutating func send(
    _ entry: AlertingStatus.PendingAlert, recordLeft: (AlertingStatus.PendingAlert) async -> Void
  ) async throws -> Step? {
    let now = time.wall()
    guard entry.isDue(at: now) else {
      recordAwaited(entry)
      return nil
    }
    guard !hasBegun || time.monotonic() - start <= Self.latestStart else {
      isCutShort = true
      return nil
    }
    guard let alert = Alert(entry, of: policy) else { return Step() }
    let busy = failed.union(awaited[entry.rule] ?? [])
    var obstacles = alert.channels.filter(busy.contains).map {
      DeliveryObstacle(channel: $0, .postponed, reason: "an earlier alert has not reached it")
    }
    let names = Set(alert.channels).subtracting(busy)
    let isTried = obstacles.isEmpty || !names.isEmpty
    if isTried {
      hasBegun = true
      let open = await AlertChannels.open(policy.spec.alerts, named: names, secrets)
      var waiting = entry
      waiting.channels = alert.channels
      obstacles += await dispatcher.deliver(alert, unconfirmed: entry.unconfirmed, channels: open.channels) { name in
        waiting.channels?.removeAll { $0 == name }
        waiting.unconfirmed.removeAll { $0 == name }
        await recordLeft(waiting)
      }
      // A try that was broken off says nothing about its channels.
      try Task.checkCancellation()
      obstacles += open.problems.sorted { $0.key < $1.key }.map { name, problem in
        DeliveryObstacle(
          channel: name, problem.isDefect ? .unsupported : problem.awaitsRight ? .notAllowed : .unreadable,
          reason: problem.reason)
      }
      failed.formUnion(obstacles.filter(\.concernsChannel).map(\.channel))
    }
    let verdict = entry.after(obstacles, titled: alert.title, at: now)
    if let left = verdict.left { recordAwaited(left) }
    return Step(left: verdict.left, told: verdict.told, sent: isTried ? record(entry, obstacles) : nil)
  }

  private mutating func recordAwaited(_ entry: AlertingStatus.PendingAlert) {
    awaited[entry.rule, default: []].formUnion(Alert(entry, of: policy)?.channels ?? [])
  }

  private func record(
    _ entry: AlertingStatus.PendingAlert, _ obstacles: [DeliveryObstacle]
  ) -> (alert: Alert, failures: [String: String])? {
    var whole = entry
    whole.channels = nil
    guard let alert = Alert(whole, of: policy) else { return nil }
    let failures = Dictionary(obstacles.map { ($0.channel, $0.reason) }) { "\($0); \($1)" }
    return (alert, dispatcher.refusals(of: alert).merging(failures) { $1 })
  }
}
