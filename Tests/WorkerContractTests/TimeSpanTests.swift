import Foundation
import Testing
import WorkerContract

@Suite("Lengths of time as people write them")
struct TimeSpanTests {
  @Test(
    "are read",
    arguments: [
      ("200ms", 0.2), ("30s", 30), ("10m", 600), ("6h", 21_600), ("90d", 7_776_000), ("2w", 1_209_600), ("1h30m", 5400),
      ("1.5h", 5400), ("0s", 0),
    ] as [(String, Double)])
  func reading(text: String, seconds: Double) throws {
    #expect(try #require(TimeSpan(text)).seconds == seconds)
  }

  @Test("are refused where they are none", arguments: ["", "6", "h", "6 h", "-1h", "1y", "6h5", "1..5h", "٣h"])
  func refusing(text: String) {
    #expect(TimeSpan(text) == nil)
  }

  @Test(
    "are written in their shortest exact form, and read back",
    arguments: [(0, "0s"), (0.2, "200ms"), (90, "1m30s"), (3600, "1h"), (86_400, "1d"), (90_061.001, "1d1h1m1s1ms")]
      as [(Double, String)])
  func writing(seconds: Double, text: String) throws {
    let span = TimeSpan(seconds: seconds)
    #expect(span.description == text)
    #expect(TimeSpan(text)?.seconds == seconds)
    #expect(try JSONDecoder().decode([TimeSpan].self, from: JSONEncoder().encode([span])) == [span])
  }

  @Test("tell how to write them when they cannot be read")
  func errors() {
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([TimeSpan].self, from: Data(#"["soon"]"#.utf8))
    }
    #expect("\(error, default: "")".contains("'soon' is not a length of time; write for example 30s"))
  }
}
