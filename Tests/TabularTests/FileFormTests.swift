import Foundation
import Tabular
import Testing
import WorkerContract

/// Files as other programs write them.
@Suite struct FileFormTests {
  private static let text = "Stadt;Größe\nKöln;1,5 €\nBoż;2\n"

  private func utf16(_ text: String, isBig: Bool, isMarked: Bool) -> [UInt8] {
    ((isMarked ? [0xfeff] : []) + Array(text.utf16)).flatMap { unit -> [UInt8] in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 0xff)]
      return isBig ? bytes : bytes.reversed()
    }
  }

  private func cells(_ bytes: [UInt8], _ encoding: FeatureSchema.Encoding?) throws -> [[String]] {
    let raw = try RawTable(csv: bytes, options: CSVOptions(encoding: encoding))
    return [raw.header] + (0..<raw.rowCount).map { row in raw.header.indices.map { raw.text(row: row, column: $0) } }
  }

  @Test func `every encoding reads as the same table`() throws {
    let expected = [["Stadt", "Größe"], ["Köln", "1,5 €"], ["Boż", "2"]]
    #expect(try cells(Array(Self.text.utf8), nil) == expected)
    #expect(try cells([0xef, 0xbb, 0xbf] + Array(Self.text.utf8), .utf8) == expected)
    // The mark outweighs what is said.
    #expect(try cells([0xef, 0xbb, 0xbf] + Array(Self.text.utf8), .latin1) == expected)
    for isBig in [false, true] {
      for isMarked in [false, true] {
        #expect(try cells(utf16(Self.text, isBig: isBig, isMarked: isMarked), .utf16) == expected)
      }
    }
    #expect(try cells(utf16("a\t😀\n1\t2\n", isBig: false, isMarked: true), .utf16) == [["a", "😀"], ["1", "2"]])
    let western = try #require("Größe;€\nß;–\n".data(using: .windowsCP1252))
    for encoding in [FeatureSchema.Encoding.latin1, .iso88591, .windows1252] {
      #expect(try cells([UInt8](western), encoding) == [["Größe", "€"], ["ß", "–"]])
    }
  }

  @Test func `a wrong encoding is refused or said`() throws {
    #expect(throws: CSVError.notEncoded(line: 1, encoding: "utf-16")) { try cells(Array("a,b\n1,2\n".utf8), .utf16) }
    #expect(throws: CSVError.notEncoded(line: 2, encoding: "utf-16")) {
      try cells(utf16("a\tb\n1\t", isBig: false, isMarked: true) + [0x00, 0xd8, 0x20, 0x00], .utf16)
    }
    let raw = try RawTable(csv: Array("a,b\n1,é\n".utf8), options: CSVOptions(encoding: .latin1))
    #expect(raw.findings.map(\.reason) == [.doubtfulEncoding] && raw.findings.first?.firstLine == 2)
    #expect(
      CSVError.notUTF8(line: 7, encoding: "Latin-1").description
        == "line 7 is not UTF-8 but looks like Latin-1: set spec.schema.encoding: latin-1 "
        + "(apus init: --encoding latin-1), or save the file in UTF-8")
  }

  @Test func `gzip is read to its last member`() throws {
    let packed = try Self.gzip("a,b\n1,2\n")
    #expect(try cells(packed, nil) == [["a", "b"], ["1", "2"]])
    #expect(try cells(packed + (try Self.gzip("3,4\n")) + [0, 0, 0], nil) == [["a", "b"], ["1", "2"], ["3", "4"]])
    #expect(
      try cells(try Self.gzip(utf16("a\tb\n1\té\n", isBig: false, isMarked: true)), .utf16) == [
        ["a", "b"], ["1", "é"],
      ])
    #expect(throws: CSVError.gzip("it ends in the middle")) { try cells(Array(packed.dropLast(9)), nil) }
    #expect(throws: CSVError.gzip("3 bytes behind its end are no gzip")) { try cells(packed + [1, 2, 3], nil) }
    var damaged = packed
    damaged[damaged.count - 6] ^= 1
    #expect(throws: CSVError.gzip("it is damaged")) { try cells(damaged, nil) }
    #expect(throws: CSVError.otherForm("gzip")) { try cells(try Self.gzip(packed), nil) }
  }

  @Test func `a file that is packed to fill the memory is refused`() throws {
    let megabyte = [UInt8](repeating: UInt8(ascii: "1"), count: 1 << 20)
    let packed = try Self.gzip(megabyte)
    var bomb = try Self.gzip("a\n")
    for _ in 0..<257 { bomb += packed }
    #expect {
      _ = try RawTable(csv: bomb)
    } throws: { error in
      guard case CSVError.gzipTooLarge(_, let limit) = error else { return false }
      return limit == 256 << 20
    }
  }

  static func gzip(_ text: String) throws -> [UInt8] { try gzip(Array(text.utf8)) }

  static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-c", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    return [UInt8](data ?? Data())
  }

  @Test func `what spreadsheets leave around a table is one finding of each kind`() throws {
    let raw = try RawTable(csv: Array("a,b,,\n1,2,,\n,,,\n3,4,,,,\n,,,\n5,6\n".utf8))
    #expect(raw.rowCount == 3)
    #expect(raw.findings.map(\.reason) == [.blankRows, .paddedRows, .paddedHeader])
    #expect(raw.findings.map(\.count) == [2, 1, 2])
    #expect(raw.findings.map(\.firstLine) == [3, 4, 1])
    #expect(raw.findings.failures == [])
  }
}
