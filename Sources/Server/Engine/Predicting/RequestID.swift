import Values

/// Ids for requests that bring none: milliseconds since 1970 and 80 random bits as 32 hexadecimal digits.
///
/// Ids that follow each other in time sort next to each other, as those of UUID version 7 do: the store's index by id grows at
/// its end, and not all over a day's rows.
///
/// Started from the system's own random numbers: asking the system for each id would cost more than the prediction. The ids
/// name requests; they keep no secret.
struct RequestIDs {
  private var generator: SeededGenerator

  init() {
    var system = SystemRandomNumberGenerator()
    generator = SeededGenerator(from: &system)
  }

  /// - Parameter time: Seconds since 1970.
  mutating func next(at time: Double) -> String {
    let milliseconds = UInt64(max(0, min(time * 1000, 0x1p47)))
    let words = (milliseconds << 16 | generator.next() >> 48, generator.next())
    return String(unsafeUninitializedCapacity: 32) { output in
      Self.write(words.0, to: output, at: 0)
      Self.write(words.1, to: output, at: 16)
      return 32
    }
  }

  /// The highest digit first.
  private static func write(_ word: UInt64, to output: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    for place in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - place * 4)) & 15
      output[start + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
    }
  }
}
