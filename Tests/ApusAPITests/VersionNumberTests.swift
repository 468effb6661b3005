import ApusAPI
import Testing

@Suite struct VersionNumberTests {
  @Test(arguments: [1, 7, 10, 123_456_789]) func `a number is read as it is written`(_ value: Int) {
    #expect(VersionNumber("v\(value)") == VersionNumber(value) && VersionNumber(value).description == "v\(value)")
  }

  @Test(arguments: [
    "", "v", "7", "v0", "v07", "v-1", "v+1", "V7", "v7 ", " v7", "v7a", "v7.0", "v٣", "v99999999999999999999",
  ])
  func `what is no version has no number`(_ text: String) {
    #expect(VersionNumber(text) == nil)
  }

  @Test func `they are ordered as numbers, not as texts`() {
    #expect(VersionNumber(9) < VersionNumber(10))
  }
}
