import JSON

/// Reads the one shape that stored features and probabilities have: a JSON object of scalars. A check reads hundreds of
/// thousands of them, so no tree is built. Booleans read as texts, as do whole numbers
/// that a Double does not hold exactly: both are levels, which are compared by what they mean.
enum FlatJSON {
  /// Calls `member` for each member in order; nil stands for null.
  static func read(_ text: String, _ member: (String, LoggedValue?) -> Void) throws(JSONSyntaxError) {
    try JSONScalar.read(text) { name, value in
      switch value {
      case .null: member(name, nil)
      case .bool(let flag): member(name, .text(flag ? "true" : "false"))
      case .string(let text): member(name, .text(text))
      case .number(let digits): member(name, number(digits))
      }
    }
  }

  private static func number(_ digits: UnsafeBufferPointer<UInt8>) -> LoggedValue {
    let text = String(decoding: digits, as: UTF8.self)
    let isWhole = digits.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    guard let number = Double(text), !isWhole || abs(number) <= 9_007_199_254_740_991 else { return .text(text) }
    return .number(number)
  }
}
