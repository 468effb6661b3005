import ApusAPI
import ClusterState
import KubernetesModel

/// All objects of a kind as bytes, in the order in which lists give them.
struct Shelf: Sendable {
  private struct Entry: Sendable {
    var bytes: [UInt8]
    var isManaged: Bool
  }

  private var entries: [ObjectPlace: Entry] = [:]
  private var order: [ObjectPlace] = []

  static let managedSelector = "\(ApusLabels.managedBy)=\(ApusLabels.manager)"

  static func isManaged(_ object: JSONValue) -> Bool {
    object[path: "metadata", "labels", ApusLabels.managedBy]?.string == ApusLabels.manager
  }

  /// Before the first list; `sort` follows.
  mutating func prepare(_ place: ObjectPlace, _ object: JSONValue) {
    entries[place] = Entry(bytes: object.bytes, isManaged: Self.isManaged(object))
    order.append(place)
  }

  mutating func sort() { order.sort() }

  mutating func put(_ place: ObjectPlace, _ object: JSONValue, _ bytes: [UInt8]) {
    let isNew = entries.updateValue(Entry(bytes: bytes, isManaged: Self.isManaged(object)), forKey: place) == nil
    if isNew { order.insert(place, at: position(of: place)) }
  }

  mutating func remove(_ place: ObjectPlace) {
    guard entries.removeValue(forKey: place) != nil else { return }
    order.remove(at: position(of: place))
  }

  /// Of the first place that is not before this one.
  private func position(of place: ObjectPlace) -> Int {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if order[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// `namespace,name`: neither has a comma.
  static func place(_ token: String) -> ObjectPlace? {
    let parts = token.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 ? ObjectPlace(namespace: parts[0], name: parts[1]) : nil
  }

  func page(onlyManaged: Bool, limit: Int, after last: ObjectPlace?, revision: Int) -> [UInt8] {
    var index = last.map { position(of: $0) } ?? 0
    if let last, index < order.count, order[index] == last { index += 1 }
    var items: [UInt8] = []
    var count = 0
    var metadata: JSONValue = ["resourceVersion": .string("\(revision)")]
    while index < order.count {
      guard let entry = entries[order[index]], !onlyManaged || entry.isManaged else {
        index += 1
        continue
      }
      if count == limit {
        let before = order[index - 1]
        metadata["continue"] = .string("\(before.namespace),\(before.name)")
        break
      }
      if count > 0 { items.append(UInt8(ascii: ",")) }
      items += entry.bytes
      count += 1
      index += 1
    }
    return Array("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":".utf8) + metadata.bytes
      + Array(",\"items\":[".utf8) + items + Array("]}\n".utf8)
  }

  func initialEvents(onlyManaged: Bool) -> [[UInt8]] {
    order.compactMap { place in
      guard let entry = entries[place], !onlyManaged || entry.isManaged else { return nil }
      return Array("{\"type\":\"ADDED\",\"object\":".utf8) + entry.bytes + Array("}\n".utf8)
    }
  }
}
