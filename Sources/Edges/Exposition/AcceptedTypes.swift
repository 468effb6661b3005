/// What a request's `Accept` says about the media types that an answer could have (RFC 9110, 12.5.1).
package struct AcceptedTypes: Sendable {
  /// A media type that an answer can have.
  package struct Offer: Sendable {
    let type: String
    let subtype: String
    /// In lower case, like the others.
    let parameters: [String: String]

    /// - Parameter name: `type/subtype` in lower case.
    package init(_ name: String, parameters: [String: String] = [:]) {
      let parts = name.split(separator: "/", maxSplits: 1)
      type = parts.first.map(String.init) ?? ""
      subtype = parts.count > 1 ? String(parts[1]) : ""
      self.parameters = parameters
    }
  }

  private struct Range {
    var type: String
    var subtype: String
    var parameters: [(name: String, value: String)] = []
    var quality = 1.0

    /// How closely the range describes the offer: an exact type before any subtype before any type, then by the number of equal
    /// parameters. Nil: not at all. A parameter that the offer does not have, such as `charset`, says nothing about it.
    func closeness(to offer: Offer) -> Int? {
      guard type == "*" || type == offer.type, subtype == "*" || subtype == offer.subtype else { return nil }
      var equal = 0
      for parameter in parameters {
        guard let value = offer.parameters[parameter.name] else { continue }
        guard value == parameter.value else { return nil }
        equal += 1
      }
      return (type == "*" ? 0 : subtype == "*" ? 1000 : 2000) + equal
    }
  }

  private let ranges: [Range]

  /// - Parameter header: Nil: every type is welcome. What cannot be read in it is left out.
  package init(_ header: String?) {
    ranges = header.map { Self.split($0, at: UInt8(ascii: ",")).compactMap(Self.range) } ?? []
  }

  /// The position of the offer with the highest `q`; of equals, the one that is described more closely, then the first. `q=0` excludes.
  /// Where no offer is acceptable the first one is taken, as if nothing had been said.
  package func preferred(among offers: [Offer]) -> Int {
    var best = (place: 0, quality: 0.0, closeness: -1)
    for (place, offer) in offers.enumerated() {
      let matches = ranges.compactMap { range in range.closeness(to: offer).map { ($0, range.quality) } }
      guard let match = matches.max(by: { $0 < $1 }), match.1 > 0 else { continue }
      if (match.1, match.0) > (best.quality, best.closeness) { best = (place, match.1, match.0) }
    }
    return best.place
  }

  private static func range(_ text: Substring) -> Range? {
    let parts = split(text, at: UInt8(ascii: ";")).map(trimmed)
    let names = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty, names[0] != "*" || names[1] == "*" else { return nil }
    var range = Range(type: names[0].lowercased(), subtype: names[1].lowercased())
    for part in parts.dropFirst() where !part.isEmpty {
      guard let sign = part.firstIndex(of: "=") else { return nil }
      let name = trimmed(part[..<sign]).lowercased()
      let value = unquoted(trimmed(part[part.index(after: sign)...])).lowercased()
      if name == "q" {
        guard let quality = quality(value) else { return nil }
        range.quality = quality
        // What follows the weight is no parameter of the type.
        break
      }
      range.parameters.append((name, value))
    }
    return range
  }

  /// From 0 to 1 with at most three digits behind the point.
  private static func quality(_ text: String) -> Double? {
    guard text.utf8.count <= 5, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else { return nil }
    return Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
  }

  /// Splits at a sign that stands in no quotes.
  private static func split(_ text: some StringProtocol, at sign: UInt8) -> [Substring] {
    var parts: [Substring] = []
    let text = Substring(text)
    var start = text.startIndex
    var (isQuoted, isEscaped) = (false, false)
    for place in text.utf8.indices {
      let byte = text.utf8[place]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == sign, !isQuoted {
        parts.append(text[start..<place])
        start = text.utf8.index(after: place)
      }
    }
    return parts + [text[start...]]
  }

  private static func trimmed(_ text: Substring) -> Substring {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
    let rest = text.drop(while: isBlank)
    return rest.lastIndex { !isBlank($0) }.map { rest[...$0] } ?? ""
  }

  private static func unquoted(_ text: Substring) -> Substring {
    text.count > 1 && text.first == "\"" && text.last == "\"" ? text.dropFirst().dropLast() : text
  }
}
