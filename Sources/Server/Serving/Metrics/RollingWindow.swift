import Synchronization

/// Moments of the values of the last quarter of an hour, in slots of a minute.
///
/// Mean and deviation are merged from slot to slot by the formulas of Chan, Golub and LeVeque (1979), which do not lose
/// digits where the values are large and close together.
final class RollingWindow: Sendable {
  struct Moments: Equatable {
    var count = 0
    var mean = 0.0
    /// Sum of the squared distances from the mean.
    var squares = 0.0
    var minimum = Double.infinity
    var maximum = -Double.infinity

    /// Of the sample, as pandas has it; 0 for one value.
    var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }

    mutating func add(_ value: Double) {
      count += 1
      let distance = value - mean
      mean += distance / Double(count)
      squares += distance * (value - mean)
      minimum = min(minimum, value)
      maximum = max(maximum, value)
    }

    mutating func merge(_ other: Moments) {
      guard other.count > 0 else { return }
      let total = Double(count + other.count)
      let distance = other.mean - mean
      squares += other.squares + distance * distance * Double(count) * Double(other.count) / total
      mean += distance * Double(other.count) / total
      count += other.count
      minimum = min(minimum, other.minimum)
      maximum = max(maximum, other.maximum)
    }
  }

  private struct Slot {
    var minute = Int.min
    var moments = Moments()
  }

  private static let minutes = 15
  private let slots = Mutex([Slot](repeating: Slot(), count: RollingWindow.minutes))

  /// `time` in seconds since 1970.
  func add(_ value: Double, at time: Double) {
    let minute = Int(time / 60)
    let place = minute % Self.minutes
    slots.withLock { slots in
      if slots[place].minute != minute { slots[place] = Slot(minute: minute) }
      slots[place].moments.add(value)
    }
  }

  /// Adds values that were counted elsewhere, all of one minute.
  func merge(_ moments: Moments, minute: Int) {
    let place = minute % Self.minutes
    slots.withLock { slots in
      // What is older than the slot's own minute has left the window.
      if slots[place].minute < minute { slots[place] = Slot(minute: minute) }
      if slots[place].minute == minute { slots[place].moments.merge(moments) }
    }
  }

  /// Nil where the window holds no value.
  func moments(at time: Double) -> Moments? {
    let minute = Int(time / 60)
    var total = Moments()
    slots.withLock { slots in
      for slot in slots where slot.minute > minute - Self.minutes && slot.minute <= minute { total.merge(slot.moments) }
    }
    return total.count > 0 ? total : nil
  }
}
