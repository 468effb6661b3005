import Foundation
import Testing
import Values

@Suite struct InternetDateTests {
  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_825_600.9, "Tue, 29 Feb 2000 12:00:00 GMT"), (-0.5, "Wed, 31 Dec 1969 23:59:59 GMT"),
      (.infinity, "Fri, 31 Dec 9999 23:59:59 GMT"), (.nan, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ] as [(Double, String)])
  func `one form in every locale`(_ seconds: Double, _ text: String) {
    #expect(InternetDate.text(ofSeconds: seconds, zone: "GMT") == text)
  }

  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 1 Jan 1970 00:00:00 GMT", 0),
      ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
      ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("Sun, 31 Nov 1994 08:49:37 GMT", nil),
      ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil), ("", nil),
    ] as [(String, Double?)])
  func `the form of today is read`(_ text: String, _ seconds: Double?) {
    #expect(InternetDate.time(text)?.secondsSince1970 == seconds)
  }

  @Test func `as the C library writes it`() {
    for index in 0..<2000 {
      var time = -4_000_000_000 + index * 17_000_083
      var parts = tm()
      gmtime_r(&time, &parts)
      var buffer = [CChar](repeating: 0, count: 40)
      let count = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S +0000", &parts)
      let expected = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
      #expect(InternetDate.text(ofSeconds: Double(time), zone: "+0000") == expected)
    }
  }
}
