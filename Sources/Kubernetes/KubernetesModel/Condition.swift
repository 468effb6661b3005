/// One aspect of an object's state (`metav1.Condition`).
public struct Condition: Codable, Sendable, Hashable {
  /// Three-valued, as the API has it.
  public enum Status: String, Codable, Sendable, Hashable {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"

    public init(_ flag: Bool) { self = flag ? .yes : .no }
  }

  public var type: String
  public var status: Status
  public var observedGeneration: Int?
  public var lastTransitionTime: Timestamp
  /// CamelCase, for programs.
  public var reason: String
  /// A sentence for people, at most 32768 bytes.
  public var message: String

  public init(
    type: String, status: Status, observedGeneration: Int? = nil, lastTransitionTime: Timestamp, reason: String,
    message: String
  ) {
    self.type = type
    self.status = status
    self.observedGeneration = observedGeneration
    self.lastTransitionTime = lastTransitionTime
    self.reason = reason
    self.message = message
  }

  private enum CodingKeys: String, CodingKey {
    case type, status, observedGeneration, lastTransitionTime, reason, message
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    status = try container.decode(Status.self, forKey: .status)
    observedGeneration = try container.decodeIfPresent(Int.self, forKey: .observedGeneration)
    // Conditions of Jobs, Pods and Deployments may lack what metav1.Condition requires.
    lastTransitionTime =
      try container.decodeIfPresent(Timestamp.self, forKey: .lastTransitionTime) ?? Timestamp(secondsSince1970: 0)
    reason = try container.decodeIfPresent(String.self, forKey: .reason) ?? ""
    message = try container.decodeIfPresent(String.self, forKey: .message) ?? ""
  }
}

extension [Condition] {
  public subscript(type: String) -> Condition? { first { $0.type == type } }

  public func isTrue(_ type: String) -> Bool { self[type]?.status == .yes }

  /// Sets one condition in its place, or at the end. `lastTransitionTime` moves to `now` only where the status is another
  /// one; reason and message are cut to what the API allows, and the message is made plain: it quotes what others wrote.
  public mutating func set(
    _ type: String, _ status: Condition.Status, reason: String, message: String, generation: Int?, at now: Timestamp
  ) {
    let previous = self[type]
    let moved = previous?.status == status ? previous?.lastTransitionTime : nil
    let condition = Condition(
      type: type, status: status, observedGeneration: generation, lastTransitionTime: moved ?? now.wholeSeconds,
      reason: String(reason.prefix(1024)), message: message.plain())
    if let index = firstIndex(where: { $0.type == type }) {
      self[index] = condition
    } else {
      append(condition)
    }
  }

  /// Takes a condition away, for those that exist only while they are true (`Reconciling`, `Stalled`).
  public mutating func clear(_ type: String) {
    removeAll { $0.type == type }
  }
}
