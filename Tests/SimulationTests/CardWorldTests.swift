import Simulation
import Testing
import WorkerContract

@Suite("The world of card transactions")
struct CardWorldTests {
  let world = CardWorld(seed: 7)

  @Test("the same seed and index give the same row, another seed another one")
  func reproducible() {
    #expect(world.row(at: 123) == CardWorld(seed: 7).row(at: 123))
    #expect(world.row(at: 123) != CardWorld(seed: 8).row(at: 123))
    #expect(world.row(at: 123) != world.row(at: 124))
  }

  @Test("a few percent are fraud, under either concept")
  func prevalence() {
    let rows = (0..<8000).map(world.row)
    let share = Double(rows.count { $0.label == "fraud" }) / 8000
    let changed = Double(rows.count { $0.labelUnderNewConcept == "fraud" }) / 8000
    #expect((0.03...0.10).contains(share), "\(share)")
    #expect((0.03...0.14).contains(changed), "\(changed)")
  }

  @Test("every value lies within the schema's bounds, and only nullable features are missing")
  func schema() {
    for row in (0..<5000).map(world.row) {
      for feature in CardWorld.schema.features {
        switch row.values[feature.name] {
        case .missing: #expect(feature.nullable, "\(feature.name)")
        case .number(let value):
          #expect(value >= feature.minimum ?? value && value <= feature.maximum ?? value, "\(feature.name) \(value)")
        case .text: #expect(feature.type == .categorical)
        case nil: Issue.record("\(feature.name) was not made")
        }
      }
    }
  }
}

@Suite("Drift, injected")
struct DriftInjectorTests {
  let world = CardWorld(seed: 7)

  private func rows(_ kind: DriftKind, _ intensity: Double, ramp: Int = 0) -> [(
    before: SimulatedRow, after: SimulatedRow
  )] {
    let injector = DriftInjector(
      [DriftInjection(kind: kind, intensity: intensity, start: 1000, ramp: ramp)], profile: SourceProfile(of: world),
      seed: 3)
    return (0..<3000).map { (world.row(at: $0), injector.row(at: $0, of: world)) }
  }

  @Test("nothing changes before its start, whatever the kind", arguments: DriftKind.allCases)
  func beforeTheStart(kind: DriftKind) {
    for pair in rows(kind, 1).prefix(1000) { #expect(pair.before == pair.after) }
  }

  @Test(
    "something changes after it, whatever the kind, and more so at a higher intensity", arguments: DriftKind.allCases)
  func afterTheStart(kind: DriftKind) {
    let changed = rows(kind, 1).dropFirst(1000).count { $0.before != $0.after }
    let slightly = rows(kind, 0.05).dropFirst(1000).count { $0.before != $0.after }
    #expect(changed > 200, "\(kind): \(changed) of 2000 rows")
    // These move every row a little or a lot; the others change more rows.
    if ![.covariate, .temporal].contains(kind) { #expect(slightly < changed, "\(kind)") }
  }

  @Test("a gradual drift is half as strong in the middle of its ramp")
  func gradual() {
    let injection = DriftInjection(kind: .covariate, intensity: 0.8, start: 100, ramp: 200)
    #expect(injection.strength(at: 99) == 0)
    #expect(abs(injection.strength(at: 199) - 0.4) < 0.01)
    #expect(injection.strength(at: 299) == 0.8)
    #expect(injection.strength(at: 5000) == 0.8)
  }

  @Test("kinds compose: values are lost and numbers move at once")
  func composed() {
    let injector = DriftInjector(
      [DriftInjection(kind: .covariate, intensity: 1), DriftInjection(kind: .missing, intensity: 1)],
      profile: SourceProfile(of: world), seed: 3)
    let rows = (0..<500).map { (world.row(at: $0), injector.row(at: $0, of: world)) }
    let lost = rows.reduce(0) { $0 + $1.1.values.values.count { $0 == .missing } }
    let original = rows.reduce(0) { $0 + $1.0.values.values.count { $0 == .missing } }
    #expect(lost > original + 500)
    let moved = rows.contains { before, after in
      before.values.contains { name, value in
        if case (.number(let old), .number(let new)?) = (value, after.values[name]) { return new > old }
        return false
      }
    }
    #expect(moved)
  }

  @Test("an option that is no drift says which there are")
  func parsing() throws {
    #expect(
      try DriftInjection(parsing: "concept=0.8", start: 3, ramp: 4)
        == DriftInjection(kind: .concept, intensity: 0.8, start: 3, ramp: 4))
    #expect(throws: SimulationError.unknownDrift("sideways")) {
      try DriftInjection(parsing: "sideways", start: 0, ramp: 0)
    }
    #expect(throws: SimulationError.badIntensity("2")) { try DriftInjection(parsing: "label=2", start: 0, ramp: 0) }
    #expect("\(SimulationError.unknownDrift("sideways"))".contains("covariate"))
  }
}

@Suite("Rows from a file")
struct FileSourceTests {
  @Test("columns of numbers are numbers, empty cells are missing, rows start over at the end")
  func reading() throws {
    let source = try FileSource(csv: Array("a,b,y\n1,red,0\n,blue,1\n".utf8), target: "y", positive: nil)
    #expect(source.featureNames == ["a", "b"])
    #expect(source.row(at: 0).values == ["a": .number(1), "b": .text("red")])
    #expect(source.row(at: 1).values == ["a": .missing, "b": .text("blue")])
    #expect(source.row(at: 2).label == "0")
    #expect(source.positiveClass == "1")
  }

  @Test("a target that is not there is an error that lists the columns")
  func missingTarget() {
    #expect(throws: SimulationError.missingTarget("z", columns: ["a", "y"])) {
      try FileSource(csv: Array("a,y\n1,0\n".utf8), target: "z", positive: nil)
    }
  }

  @Test("what is written reads back as it was")
  func roundTrip() throws {
    let world = CardWorld(seed: 1)
    let rows = (0..<50).map(world.row)
    let csv = RowsAsCSV(rows: rows, source: world, timestamp: "time")
    let text = csv.header.joined(separator: ",") + "\n" + csv.lines(rows)
    let back = try FileSource(csv: Array(text.utf8), target: "outcome", positive: "fraud", timestamp: "time")
    for index in 0..<50 {
      #expect(back.row(at: index).values == rows[index].values)
      #expect(back.row(at: index).label == rows[index].label)
      #expect(back.row(at: index).time == rows[index].time)
    }
  }
}
