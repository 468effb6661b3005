/// Deterministic names of generated objects: the same parts always give the same name, however long they are.
public enum ObjectName {
  /// Parts joined with `-`. Where that is longer than `limit` (63: labels, Services, Job pods; 52: CronJobs), the text is cut
  /// and ends in eight characters of its hash. Always starts and ends alphanumeric, lower case.
  ///
  /// Guarantee: two different lists of parts that are cut give different names, up to a collision of 40 hash bits.
  public static func joined(_ parts: String..., limit: Int = 63) -> String {
    bounded(parts.joined(separator: "-"), limit: limit)
  }

  /// One text as `joined` makes a name of it.
  public static func bounded(_ text: String, limit: Int = 63) -> String {
    let clean = text.lowercased().map { character -> Character in
      character.isASCII && (character.isLetter || character.isNumber || character == ".") ? character : "-"
    }
    let trimmed = String(clean).trimmed
    if trimmed.utf8.count <= limit, trimmed == text { return trimmed }
    let suffix = hash(text)
    let head = String(trimmed.prefix(max(0, limit - suffix.utf8.count - 1))).trimmed
    return head.isEmpty ? suffix : "\(head)-\(suffix)"
  }

  /// Eight characters without vowels and look-alikes (Kubernetes' own alphabet), so that no word comes about.
  public static func hash(_ text: String) -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".unicodeScalars)
    var value = StableHash.value(text.utf8)
    var result = String.UnicodeScalarView()
    for _ in 0..<8 {
      result.append(alphabet[Int(value % UInt64(alphabet.count))])
      value /= UInt64(alphabet.count)
    }
    return String(result)
  }

  /// A label's value: like a name, but may be empty, and keeps upper case, `_` and `.`.
  public static func labelValue(_ text: String) -> String {
    let clean = String(
      text.map { character -> Character in
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character)) ? character : "-"
      }
    ).trimmed
    guard clean.utf8.count > 63 || clean != text, !text.isEmpty else { return clean }
    let head = String(clean.prefix(54)).trimmed
    return head.isEmpty ? hash(text) : "\(head)-\(hash(text))"
  }

  /// A DNS-1123 label: what namespaces, Services and Jobs may be called.
  public static func isDNSLabel(_ text: String) -> Bool {
    isDNSSubdomain(text) && text.utf8.count <= 63 && !text.contains(".")
  }

  /// A DNS-1123 subdomain: what most objects may be called.
  public static func isDNSSubdomain(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.first != "-" && part.last != "-"
        && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
  }
}

extension String {
  /// Without anything at the ends that is not a letter or a digit.
  fileprivate var trimmed: String {
    let isPlain: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber) }
    guard let first = firstIndex(where: isPlain), let last = lastIndex(where: isPlain) else { return "" }
    return String(self[first...last])
  }
}
