import Glibc

/// The numbers of the inputs that are being worked on, for the case that the process does not survive one.
package enum InHand {
  nonisolated(unsafe) private static let numbers: UnsafeMutablePointer<UInt64> = {
    let numbers = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
    numbers.initialize(repeating: .max, count: 64)
    return numbers
  }()

  package static func note(_ index: UInt64, worker: Int) { numbers[worker & 63] = index }

  /// Says at a trap which inputs were in hand, then lets the process die of it.
  package static func nameAtTrap() {
    _ = numbers
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      signal(number) { number in
        for worker in 0..<64 where InHand.numbers[worker] != .max { InHand.write(InHand.numbers[worker]) }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Nothing here allocates: it runs in a signal handler.
  private static func write(_ number: UInt64) {
    let text: StaticString = "trapped; in hand was input "
    _ = Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount)
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      var digit = UInt8(48 + number / divisor % 10)
      _ = Glibc.write(2, &digit, 1)
      divisor /= 10
    }
    var end: UInt8 = 10
    _ = Glibc.write(2, &end, 1)
  }
}
