import ApusAPI
import Decisions
import KubernetesModel

/// What two worlds are compared by: all that stands in the cluster and all that ever happened, without what differs from
/// life to life: UIDs, resource versions, times, hashes over those.
extension World.Facts {
  var page: JSONValue {
    var objects: [String: JSONValue] = [:]
    var events: [String: Int] = [:]
    for (name, object) in server.objects(in: "shop") {
      // Only an operator that saw the model go can say what it left behind.
      if name.hasPrefix("events/"), object["reason"]?.string == Reason.dataKept.rawValue { continue }
      if name.hasPrefix("events/") {
        // In their storage form, which is that of the core group.
        let about = object["involvedObject"]
        let note =
          "\(about?["kind"]?.string ?? "") \(about?["name"]?.string ?? "") "
          + "\(object["type"]?.string ?? "") \(object["reason"]?.string ?? ""): \(object["message"]?.string ?? "")"
        events[Self.timeless(note), default: 0] += object[path: "series", "count"]?.integer ?? 1
      } else if !name.hasPrefix("pods/"), !name.hasPrefix("replicasets/"), !name.hasPrefix("serviceaccounts/") {
        objects[Self.timeless(name)] = Self.normalised(object)
      }
    }
    var messages: [String: Int] = [:]
    // Sent twice is what a receiver can tell; decided twice is another id.
    for delivery in Set(delivered) {
      messages[Self.timeless(delivery.text.replacing(delivery.id, with: "<id>")), default: 0] += 1
    }
    var made: [String: Int] = [:]
    for name in self.made where name.hasPrefix("jobs/") || name.hasPrefix("modelversions/") {
      made[Self.timeless(name), default: 0] += 1
    }
    return [
      "objects": .object(objects), "events": .document(events), "delivered": .document(messages),
      "made": .document(made),
    ]
  }

  private static func normalised(_ object: JSONValue) -> JSONValue {
    var object = stripped(object)
    for member in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
      object.set(nil, at: ["metadata", member])
    }
    object.set(nil, at: ["metadata", "annotations", "apus.dev/applied-digest"])
    return object
  }

  /// Without times and UIDs of owners, at any depth.
  private static func stripped(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(timeless(text))
    case .array(let elements): return .array(elements.map(stripped))
    case .object(let members):
      var copy: [String: JSONValue] = [:]
      for (name, member) in members where name != "uid" && !name.hasSuffix("controller-uid") {
        copy[name] = stripped(member)
      }
      return .object(copy)
    default: return value
    }
  }

  /// Times become `<time>`; the hash in the name of a check's configuration, which holds times, `<hash>`.
  static func timeless(_ text: String) -> String {
    guard text.utf8.count >= 20 else { return text }
    var bytes = Array(text.utf8)
    replaceTimes(in: &bytes)
    let mark = Array("-check-".utf8)
    if let start = bytes.firstRange(of: mark), bytes.count >= start.upperBound + 21 {
      let minute = bytes[start.upperBound..<start.upperBound + 12]
      let isHash = bytes.count - start.upperBound == 21 || bytes.count - start.upperBound == 28
      if minute.allSatisfy({ (48...57).contains($0) }), isHash {
        bytes.replaceSubrange((bytes.count - 8)..., with: Array("<hash>".utf8))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `2026-10-28T12:00:05Z`, with or without a fraction.
  private static func replaceTimes(in bytes: inout [UInt8]) {
    guard bytes.contains(UInt8(ascii: "T")) else { return }
    let form = Array("0000-00-00T00:00:00".utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let end = index + form.count
      let isTime =
        end < bytes.count
        && zip(bytes[index..<end], form).allSatisfy { byte, sign in
          sign == 48 ? (48...57).contains(byte) : byte == sign
        }
      guard isTime else {
        result.append(bytes[index])
        index += 1
        continue
      }
      index = end
      while index < bytes.count, bytes[index] != UInt8(ascii: "Z") { index += 1 }
      index += 1
      result += Array("<time>".utf8)
    }
    bytes = result
  }
}

extension JSONValue {
  /// Where two documents differ, each with its path; at most `limit`.
  func differences(to other: JSONValue, at path: String = "", limit: Int = 12) -> [String] {
    if self == other { return [] }
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      var found: [String] = []
      for key in Set(mine.keys).union(theirs.keys).sorted() where found.count < limit {
        switch (mine[key], theirs[key]) {
        case (let left?, let right?):
          found += left.differences(to: right, at: "\(path)/\(key)", limit: limit - found.count)
        case (let left?, nil): found.append("\(path)/\(key): \(left.text.prefix(300)) is there, expected nothing")
        case (nil, let right?): found.append("\(path)/\(key): is missing, expected \(right.text.prefix(300))")
        case (nil, nil): break
        }
      }
      return found
    case (.array(let mine), .array(let theirs)) where mine.count == theirs.count:
      return zip(mine, theirs).enumerated().flatMap { index, pair in
        pair.0.differences(to: pair.1, at: "\(path)/\(index)", limit: limit)
      }
    default: return ["\(path): \(text.prefix(400)) instead of \(other.text.prefix(400))"]
    }
  }
}
