import KubernetesModel

/// Damages a document somewhere.
enum Damage {
  static func apply(to value: inout JSONValue, _ draw: inout Draw) {
    let donor = value
    change(&value, depth: 0, donor, &draw)
  }

  /// Goes down to a place of chance and damages it there.
  private static func change(_ value: inout JSONValue, depth: Int, _ donor: JSONValue, _ draw: inout Draw) {
    switch value {
    case .object(var members) where !members.isEmpty && (depth == 0 || !draw.once(in: 4)):
      let key = draw.pick(members.keys.sorted())
      if draw.once(in: 8) {
        members[key] = nil
      } else if draw.once(in: 20) {
        members[OddValue.text(&draw)] = members.removeValue(forKey: key)
      } else if draw.once(in: 20) {
        members[OddValue.text(&draw)] = OddValue.any(&draw)
      } else {
        change(&members[key, default: .null], depth: depth + 1, donor, &draw)
      }
      value = .object(members)
    case .array(var elements) where !elements.isEmpty && !draw.once(in: 4):
      let place = draw.below(elements.count)
      switch draw.below(10) {
      case 0: elements.remove(at: place)
      case 1: elements.append(elements[place])
      case 2:
        let copies = draw.once(in: 20) ? 3_000 : draw.pick([2, 20, 70])
        elements += Array(repeating: elements[place], count: copies)
      default: change(&elements[place], depth: depth + 1, donor, &draw)
      }
      value = .array(elements)
    default: replace(&value, donor, &draw)
    }
  }

  private static func replace(_ value: inout JSONValue, _ donor: JSONValue, _ draw: inout Draw) {
    switch draw.below(9) {
    case 0, 1, 2: value = .string(OddValue.text(&draw))
    case 3, 4: value = OddValue.number(&draw)
    case 5: value = OddValue.any(&draw)
    case 6: value = .string((value.string ?? value.text) + OddValue.text(&draw))
    case 7: value = part(of: donor, &draw)
    default:
      for _ in 0..<draw.pick([1, 2, 60, 500]) { value = draw.once(in: 2) ? [value] : ["a": value] }
    }
  }

  /// Another place's value.
  private static func part(of value: JSONValue, _ draw: inout Draw) -> JSONValue {
    switch value {
    case .object(let members) where !members.isEmpty && !draw.once(in: 4):
      part(of: members[draw.pick(members.keys.sorted())] ?? .null, &draw)
    case .array(let elements) where !elements.isEmpty && !draw.once(in: 4): part(of: draw.pick(elements), &draw)
    default: value
    }
  }

  /// Whether the document has at most about so many bytes: damage multiplies.
  static func fits(_ value: JSONValue, _ limit: Int) -> Bool {
    var left = limit
    return spend(value, &left)
  }

  private static func spend(_ value: JSONValue, _ left: inout Int) -> Bool {
    left -= 8
    switch value {
    case .string(let text): left -= text.utf8.count
    case .array(let elements):
      for element in elements { guard left >= 0, spend(element, &left) else { return false } }
    case .object(let members):
      for (key, member) in members {
        left -= key.utf8.count
        guard left >= 0, spend(member, &left) else { return false }
      }
    case .null, .bool, .integer, .number: break
    }
    return left >= 0
  }

  /// Of the text: bytes lost, changed, doubled.
  static func apply(to text: inout [UInt8], _ draw: inout Draw) {
    let place = draw.below(text.count + 1)
    let end = min(text.count, place + 1 + draw.below(40))
    switch draw.below(6) {
    case 0: text.removeSubrange(place...)
    case 1: text.removeSubrange(place..<end)
    case 2: if place < text.count { text[place] ^= 1 << UInt8(draw.below(8)) }
    case 3: text.insert(contentsOf: text[place..<end], at: place)
    case 4: text.insert(contentsOf: Array(OddValue.text(&draw).utf8), at: place)
    default: text += text
    }
  }
}
