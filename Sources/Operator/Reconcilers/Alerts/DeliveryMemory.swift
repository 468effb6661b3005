/// What this process knows of the alerts that it sent: nobody gets one twice, and nobody who said no for good is asked again.
/// Bounded: the oldest alerts are forgotten.
struct DeliveryMemory {
  struct Channel {
    var isTaken = false
    /// Who has the alert, while not all do.
    var recipients: Set<String> = []
    /// Recipients that can never have it, and why.
    var refused: [String: String] = [:]
    /// Whether the channel may have taken it without saying so.
    var isUnconfirmed = false
    /// Why the channel as a whole is not asked again.
    var refusal: String?

    var settled: Set<String> { recipients.union(refused.keys) }

    /// Why not everybody gets the alert; nil: everybody does, or may.
    var reason: String? {
      let reasons = refused.sorted { $0.key < $1.key }.map(\.value) + [refusal].compactMap(\.self)
      return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }
  }

  private struct Record {
    var isLogged = false
    var channels: [String: Channel] = [:]
  }

  /// Alerts, by their ids.
  private let limit: Int
  private var records: [String: Record] = [:]
  private var order: [String] = []

  init(limit: Int = 4096) { self.limit = limit }

  subscript(alert: String, channel name: String) -> Channel {
    get { records[alert]?.channels[name] ?? Channel() }
    set { change(alert) { $0.channels[name] = newValue } }
  }

  /// false where it was done before.
  mutating func recordLogged(_ alert: String) -> Bool {
    guard records[alert]?.isLogged != true else { return false }
    change(alert) { $0.isLogged = true }
    return true
  }

  private mutating func change(_ alert: String, _ body: (inout Record) -> Void) {
    if records[alert] == nil {
      order.append(alert)
      if order.count > limit {
        let forgotten = limit / 2
        for id in order.prefix(forgotten) { records[id] = nil }
        order.removeFirst(forgotten)
      }
    }
    body(&records[alert, default: Record()])
  }
}
