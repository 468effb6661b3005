import Synchronization
import Telemetry

/// The latest labels that this server took, by request id: a label that says something else than the one before is taken too, as a
/// correction, but its sender hears of it and a metric counts it. Labels that other servers took, and older ones, are not known here.
final class LabelMemory: Sendable {
  /// A label that contradicts an earlier one.
  struct Conflict: Equatable {
    /// Position among the labels.
    let place: Int
    let requestID: String
    /// What was said before.
    let earlier: String
    let label: String

    var message: String {
      "'\(requestID.prefix(64))' was labelled '\(earlier.prefix(64))' before; '\(label.prefix(64))' counts from now on."
    }
  }

  fileprivate struct Contents {
    /// By the hash of a request id, which is seeded anew in each process.
    var labels: [Int: String] = [:]
    /// The hashes in the order in which they came; the oldest stands at `next` once there are enough.
    var order: [Int] = []
    var next = 0
  }

  private let capacity: Int
  private let contents = Mutex(Contents())

  init(capacity: Int = 65_536) { self.capacity = capacity }

  /// Remembers labels in their order.
  func record(_ labels: [LabelRecord]) -> [Conflict] {
    contents.withLock { contents in
      var conflicts: [Conflict] = []
      for (place, record) in labels.enumerated() {
        let earlier = contents.put(record.label, at: record.requestID.hashValue, capacity)
        guard let earlier, earlier != record.label else { continue }
        conflicts.append(
          Conflict(place: place, requestID: record.requestID, earlier: earlier, label: record.label))
      }
      return conflicts
    }
  }
}

extension LabelMemory.Contents {
  /// Returns the label that was there.
  fileprivate mutating func put(_ label: String, at key: Int, _ capacity: Int) -> String? {
    if let earlier = labels.updateValue(label, forKey: key) { return earlier }
    if order.count < capacity {
      order.append(key)
    } else {
      labels[order[next]] = nil
      order[next] = key
      next = (next + 1) % capacity
    }
    return nil
  }
}
