import Testing
import Values

@Suite struct DoublingPauseTests {
  @Test func `it doubles up to the longest, whatever the count`() {
    let pause = DoublingPause(first: .milliseconds(800), longest: .seconds(30))
    #expect(
      (-1...7).map { pause.after(failures: $0) } == [
        .milliseconds(800), .milliseconds(800), .milliseconds(1600), .milliseconds(3200), .milliseconds(6400),
        .milliseconds(12_800), .milliseconds(25_600), .seconds(30), .seconds(30),
      ])
    #expect(pause.after(failures: .max) == .seconds(30))
  }

  @Test func `the longest holds for the first pause too`() {
    #expect(DoublingPause(first: .seconds(9), longest: .seconds(3)).after(failures: 0) == .seconds(3))
  }
}
