import JSON
import JSONScanning
import Tabular
import WorkerContract

/// The features of a request as they are stored: the client's own text without spaces and without redacted features.
enum FeatureText {
  /// Copies the object in `range` to the beginning of `scratch`. `hasEscapes` says that names or texts hold escapes, which
  /// are then written anew, as a database may refuse some of them (U+0000, lone surrogates).
  static func copy(
    _ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>, redact: [String], hasEscapes: Bool, to scratch: ByteScratch
  ) -> UnsafeBufferPointer<UInt8> {
    guard redact.isEmpty, !hasEscapes else {
      return scratch.hold(rewritten(bytes, range: range, redact: redact))
    }
    let text = UnsafeBufferPointer(rebasing: bytes[range])
    return hasSpace(text) ? copyWithoutSpace(text, to: scratch) : scratch.hold(text)
  }

  /// Looks at all bytes without an early end, many at a time.
  private static func hasSpace(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var isFound: UInt8 = 0
    for byte in text { isFound |= byte <= 0x20 ? 1 : 0 }
    return isFound != 0
  }

  private static func copyWithoutSpace(
    _ text: UnsafeBufferPointer<UInt8>, to scratch: ByteScratch
  ) -> UnsafeBufferPointer<UInt8> {
    let output = scratch.room(for: text.count)
    var isInText = false
    var count = 0
    for byte in text {
      if byte == UInt8(ascii: "\"") { isInText.toggle() }
      guard isInText || byte > 0x20 else { continue }
      output[count] = byte
      count += 1
    }
    return UnsafeBufferPointer(rebasing: output[..<count])
  }

  private static func rewritten(
    _ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>, redact: [String]
  ) -> [UInt8] {
    var output: [UInt8] = [UInt8(ascii: "{")]
    var scanner = JSONScanner(bytes, range: range)
    // The object was read before, so that nothing here throws; what cannot be read is not stored.
    do throws(JSONProblem) {
      var more = try scanner.open(UInt8(ascii: "{"))
      while more {
        let name = scanner.string(try scanner.name())
        let kind = try scanner.kind()
        let value =
          kind == .string ? quoted(scanner.string(try scanner.text())) : scanner.string(try scanner.skip())
        if !redact.contains(name) {
          if output.count > 1 { output.append(UInt8(ascii: ",")) }
          output.append(contentsOf: JSONString.quoted(name, .lineFeed).utf8)
          output.append(UInt8(ascii: ":"))
          output.append(contentsOf: value.utf8)
        }
        more = try scanner.next(in: UInt8(ascii: "{"))
      }
    } catch {
      return Array("{}".utf8)
    }
    output.append(UInt8(ascii: "}"))
    return output
  }

  private static func quoted(_ text: String) -> String {
    JSONString.quoted(text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text, .lineFeed)
  }
}
