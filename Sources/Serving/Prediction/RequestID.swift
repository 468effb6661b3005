/// Ids for requests that bring none.
enum RequestID {
  /// 128 random bits as 32 hexadecimal digits.
  static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    let words: [UInt64] = [generator.next(), generator.next()]
    return String(unsafeUninitializedCapacity: 32) { output in
      for place in 0..<32 {
        output[place] = digits[Int(words[place / 16] >> UInt64(place % 16 * 4) & 15)]
      }
      return 32
    }
  }
}
