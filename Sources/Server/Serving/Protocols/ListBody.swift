import Engine
import JSONScanning

/// A body that is a list, or an object with the list under a member.
struct ListBody {
  /// Where the list is; nil where the body is neither.
  private(set) var list: Range<Int>?
  /// Whether all answers are to say what each feature added.
  private(set) var explain = false
  /// What is wrong with the members beside the list.
  private(set) var problems = FieldProblems()

  /// Reads the whole body, so that one that is cut short is told before anything is done with it.
  /// - Parameters:
  ///   - member: The name of the list.
  ///   - takesExplain: Whether `explain` may stand beside it.
  init(_ bytes: UnsafeBufferPointer<UInt8>, member: StaticString, takesExplain: Bool = false) throws(JSONProblem) {
    var scanner = JSONScanner(bytes)
    switch try scanner.kind() {
    case .array: list = try scanner.skip()
    case .object: try readMembers(&scanner, member, takesExplain)
    default: try scanner.skip()
    }
    try scanner.finish()
  }

  private mutating func readMembers(
    _ scanner: inout JSONScanner, _ member: StaticString, _ takesExplain: Bool
  ) throws(JSONProblem) {
    var hasExplain = false
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = try scanner.name()
      let kind = try scanner.kind()
      let range = try scanner.skip(depth: 1)
      if scanner.equals(name, member) {
        if list != nil { problems.append(Self.repeated("\(member)")) }
        if kind == .array { list = range }
      } else if takesExplain, scanner.equals(name, "explain") {
        if hasExplain { problems.append(Self.repeated("explain")) }
        hasExplain = true
        explain = kind == .bool && scanner.bytes[range.lowerBound] == UInt8(ascii: "t")
        if kind != .bool && kind != .null {
          problems.append(FieldProblem("explain", .wrongType, "'explain' is true or false."))
        }
      } else {
        problems.append(Self.unknown(scanner.string(name), beside: member))
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
  }

  private static func unknown(_ name: String, beside member: StaticString) -> FieldProblem {
    FieldProblem(name, .unknown, "There is no member '\(name.shown)' beside '\(member)'.")
  }

  private static func repeated(_ name: String) -> FieldProblem {
    FieldProblem(name, .repeated, "'\(name)' is given more than once.")
  }
}
