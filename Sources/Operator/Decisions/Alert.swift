package import ApusAPI
import KubernetesModel
package import Values

extension Alert {
  /// A policy's alert that is still to be sent; nil where it was written by another version of the operator, which knew
  /// other rules.
  package init?(_ pending: AlertingStatus.PendingAlert, of policy: MonitoringPolicy) {
    guard let rule = Rule(rawValue: pending.rule), let state = State(rawValue: pending.state) else { return nil }
    let namespace = policy.metadata.namespace ?? ""
    let name = policy.metadata.name ?? ""
    let model = policy.spec.modelRef.name
    let key = "\(namespace)/\(name)/\(rule.rawValue)"
    let subject = "\(rule.rawValue): \(namespace)/\(model)"
    self.init(
      key: key, id: StableHash.hexadecimal("\(policy.metadata.uid ?? "")/\(key)/\(state.rawValue)/\(pending.at)".utf8),
      at: pending.at.time, rule: rule, state: state, title: state == .firing ? subject : "resolved: \(subject)",
      message: pending.message, namespace: namespace, policy: name, model: model,
      channels: pending.channels ?? Self.channels(for: rule.severity, policy.spec.alerts?.routes ?? []),
      expiry: Self.expiry(of: pending.at.time, checks: policy.spec.suspend ? nil : policy.spec.schedule))
  }

  /// When an alert is over unless it is found again or resolved: a day later, and not before the check after next.
  /// - Parameter checks: may find it again; nil: there are none.
  package static func expiry(of time: Timestamp, checks: Schedule?) -> Timestamp {
    let day = time.advanced(bySeconds: 86_400)
    guard let next = checks?.next(after: time), let second = checks?.next(after: next) else { return day }
    return max(day, second)
  }

  /// Each channel once, in the order of the routes.
  private static func channels(for severity: Severity, _ routes: [MonitoringPolicySpec.Alerts.Route]) -> [String] {
    var channels: [String] = []
    for route in routes where route.severities.contains(severity) {
      channels += route.channels.filter { !channels.contains($0) }
    }
    return channels
  }
}
