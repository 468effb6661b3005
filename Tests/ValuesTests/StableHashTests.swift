import Testing
import Values

/// Taken before the copies became one: names, digests and routing depend on them.
@Suite struct StableHashTests {
  @Test(
    arguments: [
      // The first three are published test vectors of FNV-1a.
      ("", "cbf29ce484222325", 17_665_956_581_633_026_203), ("a", "af63dc4c8601ec8c", 198_367_012_849_983_736),
      ("foobar", "85944171f73967e8", 4_633_546_387_131_234_498),
      ("Übung", "0ea59486fe5d54f4", 14_939_763_751_439_522_950),
      ("\0\n", "08327e07b4eb5eef", 16_273_648_504_664_024_373),
    ] as [(String, String, UInt64)])
  func `known values`(_ text: String, _ digits: String, _ mixed: UInt64) {
    #expect(StableHash.hexadecimal(text.utf8) == digits)
    #expect(StableHash.mixed(StableHash.value(text.utf8)) == mixed)
    var hash = StableHash()
    for byte in text.utf8 { hash.add(byte) }
    #expect(hash.value == StableHash.value(text.utf8))
  }

  @Test func `the mixer`() {
    #expect(StableHash.mixed(1) == 6_238_072_747_940_578_789)
    #expect(StableHash.mixed(.max) == 13_029_008_266_876_403_067)
  }

  @Test func `a hash goes on from where one stopped`() {
    var rest = StableHash(from: StableHash.value("foo".utf8))
    rest.add("bar".utf8)
    #expect(rest.value == StableHash.value("foobar".utf8))
  }
}

@Suite struct SplitMix64Tests {
  @Test func `the stream, and that its state is all there is`() {
    var generator = SplitMix64(seed: 7)
    #expect(generator.next() == 7_191_089_600_892_374_487)
    var same = SplitMix64(seed: generator.state)
    #expect(same.next() == 309_689_372_594_955_804)
  }
}
