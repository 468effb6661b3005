import Synchronization

/// What a family's children measure.
package enum MetricKind: String, Sendable {
  case counter, gauge, histogram
}

/// All children of one name, told apart by their labels' values. Resolve children once, outside of hot paths, and keep
/// them: a child is updated without looking anything up.
package final class MetricFamily<Child: Sendable>: Sendable {
  package let name: String
  package let help: String
  package let labels: [String]
  private let make: @Sendable () -> Child
  private let children = Mutex<[[String]: Child]>([:])

  init(name: String, help: String, labels: [String], make: @escaping @Sendable () -> Child) {
    self.name = name
    self.help = help
    self.labels = labels
    self.make = make
  }

  /// The child with these label values, in the order of `labels`; made, and so exposed with 0, when it is new. Missing
  /// values are empty, surplus ones are ignored.
  package func with(_ values: String...) -> Child { child(values) }

  package func child(_ values: [String]) -> Child {
    let key = (0..<labels.count).map { $0 < values.count ? values[$0] : "" }
    return children.withLock { children in
      if let child = children[key] { return child }
      let child = make()
      children[key] = child
      return child
    }
  }

  /// Takes a child out, for things that no longer exist.
  package func remove(_ values: String...) { removeChild(values) }

  package func removeChild(_ values: [String]) {
    children.withLock { _ = $0.removeValue(forKey: values) }
  }

  package func removeAll() {
    children.withLock { $0.removeAll() }
  }

  /// Takes out the children whose label values, in the order of `labels`, are so.
  package func removeAll(where isGone: ([String]) -> Bool) {
    children.withLock { children in children = children.filter { !isGone($0.key) } }
  }

  var sorted: [(values: [String], child: Child)] {
    children.withLock { children in
      children.map { (values: $0.key, child: $0.value) }
    }.sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}
