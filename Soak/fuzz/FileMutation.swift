/// Damages a document that others write: mostly one of its values, so that what is left is still a document.
struct FileMutation {
  var random: SeededGenerator

  private static let values = [
    "0", "-0", "1", "-1", "2", "3", "7", "255", "65536", "2147483646", "2147483647", "2147483648", "-2147483648",
    "4294967296", "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e3",
    "1e38",
    "2e38", "3.4e38", "-3.4e38", "1e39", "1e308", "1e309", "1e-45", "1e-400", "0.5", "-0.5", "0.1e1", "5E-1", "null",
    "true",
    "false", "\"\"", "\"0\"", "\"1\"", "\"-1\"", "\"9999999999\"", "\"2147483646\"", "\"nan\"", "\"inf\"", "\"[5E-1]\"",
    "\"[0.5,0.5]\"", "\"sha256:../../x\"", "\"\\u001b[31m\\u202e\\u0000\"", "\"v2\"", "\"gblinear\"",
    "\"multi:softprob\"", "[]",
    "{}", "[[]]", "[0]", "[1e38,1e38]", "{\"a\":1}", "NaN", "Infinity",
  ].map { Array($0.utf8) }

  mutating func apply(to document: inout [UInt8]) {
    let places = Self.values(in: document)
    guard !places.isEmpty, !random.once(in: 8) else {
      var mutation = Mutation(random: random)
      mutation.apply(to: &document)
      random = mutation.random
      return
    }
    let place = random.pick(places)
    switch random.below(6) {
    case 0: document.replaceSubrange(place, with: document[random.pick(places)])
    case 1: document.insert(contentsOf: document[place] + [UInt8(ascii: ",")], at: place.lowerBound)
    case 2:
      let nested = random.pick([10, 500, 600, 20_000])
      document.replaceSubrange(place, with: Array(repeating: UInt8(ascii: "["), count: nested))
    default: document.replaceSubrange(place, with: random.pick(Self.values))
    }
  }

  /// Where numbers and texts are, names of members included.
  private static func values(in document: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var position = 0
    while position < document.count {
      let start = position
      position += 1
      switch document[start] {
      case UInt8(ascii: "\""):
        while position < document.count, document[position] != UInt8(ascii: "\"") {
          position += document[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, document.count)
        found.append(start..<position)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        while position < document.count, isOfNumber(document[position]) { position += 1 }
        found.append(start..<position)
      default: break
      }
    }
    return found
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
  }
}
