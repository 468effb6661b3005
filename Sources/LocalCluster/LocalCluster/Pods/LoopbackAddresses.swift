internal import Foundation

/// Loopback addresses for pods and services. Several clusters may run on one machine: each begins at a place of its own,
/// derived from its state folder.
struct LoopbackAddresses: Sendable {
  /// The first two bytes are the network, the last two count.
  private let network: (UInt8, UInt8)
  private var next: Int
  private var taken: Set<String> = []

  /// Pods: 127.128.0.0/16 to 127.223.0.0/16, one network by cluster.
  static func pods(state: String) -> LoopbackAddresses {
    let hash = NameSuffix.hash(state.utf8)
    return LoopbackAddresses(network: (127, 128 + UInt8(hash % 96)), first: Int(hash >> 8) % 200 * 256 + 2)
  }

  /// Services: 127.96.0.0/16.
  static func services(state: String) -> LoopbackAddresses {
    LoopbackAddresses(network: (127, 96), first: Int(NameSuffix.hash(state.utf8) >> 8) % 255 * 256 + 10)
  }

  private init(network: (UInt8, UInt8), first: Int) {
    self.network = network
    next = first
  }

  /// Keeps an address that is in use already; false when another holds it.
  mutating func reserve(_ address: String) -> Bool { taken.insert(address).inserted }

  mutating func release(_ address: String) { taken.remove(address) }

  /// nil: all 65 000 are taken.
  mutating func allocate() -> String? {
    for _ in 0..<65_536 {
      defer { next = (next + 1) % 65_536 }
      guard (1...254).contains(next % 256) else { continue }
      let address = "\(network.0).\(network.1).\(next / 256).\(next % 256)"
      if taken.insert(address).inserted { return address }
    }
    return nil
  }
}
