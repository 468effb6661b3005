import Foundation
import TestSupport
import Testing

@testable import Serving

/// The compressed samples were made by zlib 1.3.
struct ContentCodingTests {
  private static let plain = "{\"features\":\(Sample.good)}"
  private static func data(_ base64: String...) -> Data { Data(base64Encoded: base64.joined()) ?? Data() }

  /// One block with the code that the standard fixes.
  private static let fixed = data(
    "H4sIAAAAAAACA6tWSktNLCktSi1WsqpWSkxPVbIyttRRysgvLQKKmBjomeoopSdm5ilZGRoYGOgolecXZStZKQUUZZ",
    "YllqQq6SglZ5ZUAgUOzylKP7ynAChQlZ8HNETJUKm2FgC04t6XXQAAAA==")
  private static let stored = data(
    "H4sIAAAAAAAEAwFdAKL/eyJmZWF0dXJlcyI6eyJhZ2UiOjM5LCJob3VycyI6NDAuNSwiZ2FpbiI6MTAwMCwid29yay",
    "I6IlByaXZhdGUiLCJjaXR5Ijoiw5xyZ8O8cCIsInpvbmUiOiIxIn19tOLel10AAAA=")
  private static let zlib = data(
    "eJwNzMEJgCAUBuBd/rPEk+qQU7SChJkEGi8tKtykUbq5WF6/w/dgNjomNjvUA20NVDsILCFxlY6aXsBq56EkEQmcgV",
    "cojOwOHQ0EJhevCuVlW76twh18TSCR8w9Z/B3G")
  /// A block with its own code, 363 bytes when decompressed, with a file's name in the header.
  private static let dynamic = data(
    "H4sICAAAAAAC/24uanNvbgBdULsOAjEM2/MZnS2EVBiar+AXbjgBE9LxWKL8O5c04XoscevYbtLaqNwe7+VZJJCZL8",
    "v9M73m0/FwTrJM17kEH0DOsZgsQ9S5rWD0mTCOvWkEs4Na8buMFkRubTmeIlumFiHGfp7hlYDaFJqLbInp075cr0JE",
    "P9uq8T+whh2AIRxKygLajbs68L8mKzn3Bblu1DprAQAA")
  /// 100,000 spaces.
  private static let bomb = data(
    "H4sIAAAAAAACA+3BMQEAAADCoCrrn9IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwYt8HnKoIYBAA==")

  private func inflate(_ data: Data, _ format: Inflate.Format = .gzip, limit: Int = 1000) throws -> [UInt8] {
    try Array(data).withUnsafeBufferPointer { try Inflate.bytes(of: $0, format: format, limit: limit) }
  }

  @Test func `all kinds of blocks are decompressed`() throws {
    for sample in [Self.fixed, Self.stored] {
      #expect(try String(decoding: inflate(sample), as: UTF8.self) == Self.plain)
    }
    #expect(try String(decoding: inflate(Self.zlib, .zlib), as: UTF8.self) == Self.plain)
    #expect(try inflate(Self.dynamic).count == 363, "the checksum was right too")
    #expect(try inflate(Self.fixed + Self.stored).count == 2 * Self.plain.utf8.count, "members follow each other")
  }

  @Test func `no more comes out than is allowed`() throws {
    #expect(throws: Inflate.Problem.tooLarge) { try inflate(Self.bomb, limit: 99_999) }
    #expect(try inflate(Self.bomb, limit: 100_000).count == 100_000)
    #expect(throws: Inflate.Problem.tooLarge) { try inflate(Self.stored, limit: 10) }
    #expect(throws: Inflate.Problem.tooLarge) { try inflate(Self.fixed, limit: 10) }
  }

  @Test func `no cut and no flipped bit goes unseen`() throws {
    for sample in [Self.fixed, Self.stored, Self.dynamic] {
      let right = try inflate(sample)
      for length in 0..<sample.count {
        #expect(throws: Inflate.Problem.damaged) { try inflate(sample.prefix(length)) }
      }
      for bit in 0..<sample.count * 8 {
        var wrong = sample
        wrong[bit / 8] ^= 1 << UInt8(bit % 8)
        // Time, system, and the file's name are not checked.
        if let read = try? inflate(wrong) { #expect(read == right, "bit \(bit)") }
      }
    }
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let noise = Data(Self.dynamic.prefix(17)) + (0..<60).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = try? inflate(noise)
    }
  }

  @Test func `compressed requests are read like others`() async throws {
    try await withServer(limits: RequestLimits(body: 2000)) { server in
      let cases: [(String, Data, Int)] = [
        ("gzip", Self.fixed, 200), ("GZIP", Self.stored, 200), ("x-gzip", Self.fixed, 200), ("deflate", Self.zlib, 200),
        ("identity", Data(Self.plain.utf8), 200), ("gzip", Data(Self.plain.utf8), 400), ("gzip", Data(), 400),
        ("deflate", Self.fixed, 400), ("gzip", Self.bomb, 413), ("br", Self.fixed, 415),
        ("gzip, gzip", Self.fixed, 415),
      ]
      for (coding, body, code) in cases {
        let reply = try await server.request("POST", "/predict", data: body, headers: ["Content-Encoding": coding])
        #expect(reply.code == code, "\(coding) \(reply.text)")
        #expect((reply.headers["accept-encoding"] != nil) == (code == 415))
      }
    }
  }

  @Test func `what is given twice, nested deeply or not in UTF-8 is told`() async throws {
    try await withServer { server in
      let deep = String(repeating: #"{"a":"#, count: 5000) + "1" + String(repeating: "}", count: 5000)
      let cases: [(String, Data, Int, String)] = [
        (
          "/predict", Data("{\"request_id\":\"a\",\"request_id\":\"b\",\"features\":\(Sample.good)}".utf8), 422,
          "'request_id'"
        ),
        ("/predict", Data("{\"key\":null,\"key\":\"b\",\"features\":\(Sample.good)}".utf8), 422, "'key'"),
        ("/feedback", Data(#"{"request_id":"a","label":"1","label":"0"}"#.utf8), 422, "'label'"),
        ("/predict", Data("{\"model\":true,\"features\":\(Sample.good)}".utf8), 422, "no member 'model'"),
        ("/predict", Data("{\"features\":\(deep)}".utf8), 400, "nested too deeply"),
        ("/feedback", Data(deep.utf8), 400, "nested too deeply"),
        ("/predict", Self.plain.data(using: .utf16) ?? Data(), 400, "not UTF-8"),
        ("/predict", Self.plain.data(using: .isoLatin1) ?? Data(), 400, "not UTF-8"),
      ]
      for (path, body, code, words) in cases {
        let reply = try await server.request("POST", path, data: body)
        #expect(reply.code == code, "\(reply.text)")
        #expect((reply.json["error"] as? String)?.contains(words) == true, "\(reply.text)")
      }
    }
  }
}

/// SplitMix64 (S. Vigna, 2015).
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
