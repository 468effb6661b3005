import Engine
import Testing
import WorkerContract

struct TrafficSplitTests {
  private let keys = (0..<20_000).map { "request-\($0)" }

  @Test func `each version gets its share of the requests`() throws {
    let split = try TrafficSplit([anEntry("v3", weight: 75), anEntry("v4", weight: 25, .canary)])
    let canary = keys.filter { split.entry(for: $0) == 1 }.count
    // Five standard deviations of a binomial share.
    #expect(abs(Double(canary) / Double(keys.count) - 0.25) < 5 * (0.25 * 0.75 / Double(keys.count)).squareRoot())
  }

  @Test func `no request leaves a canary that grows, whatever the order of the entries`() throws {
    var before: Set<String> = []
    for weight in [5, 25, 50, 100] {
      let entries = [anEntry("v4", weight: weight, .canary), anEntry("v3", weight: 100 - weight)]
      let split = try TrafficSplit(entries)
      let reversed = try TrafficSplit(entries.reversed())
      let canary = Set(keys.filter { split.entry(for: $0) == 0 })
      #expect(canary == Set(keys.filter { reversed.entry(for: $0) == 1 }))
      #expect(canary.isSuperset(of: before))
      before = canary
    }
    #expect(before.count == keys.count)
  }

  @Test func `shadows and warm versions never answer`() throws {
    let split = try TrafficSplit([
      anEntry("v2", weight: 0, .warm), anEntry("v3"), anEntry("v4", weight: 0, .shadow),
    ])
    #expect(keys.allSatisfy { split.entry(for: $0) == 1 })
  }

  @Test func `sampling does not follow routing`() {
    let sampled = keys.filter { RequestHash.fraction($0, for: .sampling) < 0.5 }
    let both = sampled.filter { RequestHash.fraction($0, for: .routing) < 0.5 }
    #expect(abs(Double(both.count) / Double(sampled.count) - 0.5) < 0.03)
  }

  @Test func `the hash is the same for ever`() {
    #expect(RequestHash.hash("", for: .routing) == 0xf52a_15e9_a9b5_e89b)
    #expect(RequestHash.hash("req-123", for: .routing) == 0x3ea3_9fb8_e6fa_f2ef)
    #expect(RequestHash.hash("req-123", for: .sampling) == 0x21a8_f0fe_307e_ed9b)
  }

  static let wrong: [(String, [RoutingTable.Entry])] = [
    ("weights below 100", [anEntry("v1", weight: 90)]),
    ("weights above 100", [anEntry("v1", weight: 90), anEntry("v2", weight: 20, .canary)]),
    ("a negative weight", [anEntry("v1", weight: 110), anEntry("v2", weight: -10, .canary)]),
    ("a version twice", [anEntry("v1", weight: 50), anEntry("v1", weight: 50, .canary)]),
    ("a shadow with weight", [anEntry("v1", weight: 50), anEntry("v2", weight: 50, .shadow)]),
    ("nothing", []),
  ]

  @Test(arguments: wrong)
  func `a table that contradicts itself is refused`(what: String, entries: [RoutingTable.Entry]) {
    #expect(throws: RoutingError.self, "\(what)") { try TrafficSplit(entries) }
  }
}
