/// Damages a body.
struct Mutation {
  var random: SeededGenerator

  private static let tokens = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "null", "true", "NaN", "-Infinity", "1e999", "0", "-",
    "\u{FEFF}", "\u{0}", "/*", "\"features\":", "\"age\":", "\"request_id\":", "\"explain\":true,", "\u{7f}", "é",
  ].map { Array($0.utf8) }

  mutating func apply(to body: inout [UInt8]) {
    let place = random.below(body.count + 1)
    let end = min(body.count, place + 1 + random.below(random.once(in: 4) ? 40 : 4))
    switch random.below(14) {
    case 0: if place < body.count { body[place] ^= 1 << UInt8(random.below(8)) }
    case 1: if place < body.count { body[place] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: body.removeSubrange(place..<end)
    case 3: body.insert(contentsOf: body[place..<end], at: place)
    case 4: body.insert(contentsOf: random.pick(Self.tokens), at: place)
    case 5: body.replaceSubrange(place..<end, with: random.pick(Self.tokens))
    case 6: body.removeSubrange(place...)
    case 7: swapParts(&body)
    case 8: replaceNumber(&body)
    case 9:
      body.insert(contentsOf: Array(repeating: random.pick(Self.tokens), count: random.below(100)).joined(), at: place)
    case 10: if random.once(in: 4) { nest(&body) }
    case 11: if random.once(in: 4) { recode(&body) }
    case 12:
      body.insert(contentsOf: (0..<random.below(6)).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
    default: body.append(contentsOf: random.pick([" ", "\n", "x", "{}", ",", "\u{0}"]).utf8)
    }
  }

  private mutating func swapParts(_ body: inout [UInt8]) {
    let cut = random.below(body.count + 1)
    body = Array(body[cut...] + body[..<cut])
  }

  private mutating func replaceNumber(_ body: inout [UInt8]) {
    guard let start = body.firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
    let end = body[start...].firstIndex { !(0x30...0x39).contains($0) } ?? body.count
    let number = random.pick([
      "1e400", String(repeating: "9", count: 400), "0.\(String(repeating: "1", count: 400))", "1e-400", "-0.0", "00",
      "1e+", "2.5",
    ])
    body.replaceSubrange(start..<end, with: Array(number.utf8))
  }

  /// Around the whole body.
  private mutating func nest(_ body: inout [UInt8]) {
    let depth = random.pick([5, 63, 64, 65, 500, 5000])
    let (open, close) = random.pick([("[", "]"), ("{\"a\":", "}"), ("{\"features\":", "}")])
    body =
      Array(repeating: Array(open.utf8), count: depth).joined() + body
      + Array(repeating: Array(close.utf8), count: depth).joined()
  }

  private mutating func recode(_ body: inout [UInt8]) {
    switch random.below(3) {
    case 0: body = [0xEF, 0xBB, 0xBF] + body
    case 1: body = body.flatMap { [$0, 0] }
    default: body = [0xFE, 0xFF] + body.flatMap { [0, $0] }
    }
  }
}
