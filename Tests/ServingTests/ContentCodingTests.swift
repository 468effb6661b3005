import Foundation
import NIOCore
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

  private func decode(_ data: Data, _ coding: ContentCoding = .gzip, limit: Int = 1000) throws -> String {
    String(buffer: try coding.decode(ByteBuffer(bytes: data), limit: limit).get())
  }

  @Test func `all kinds of blocks are decompressed`() throws {
    for sample in [Self.fixed, Self.stored] { #expect(try decode(sample) == Self.plain) }
    #expect(try decode(Self.zlib, .deflate) == Self.plain)
    #expect(try decode(Self.dynamic).utf8.count == 363)
  }

  @Test func `no more comes out than is allowed`() throws {
    #expect(throws: ContentCoding.Problem.tooLarge(limit: 99_999)) { try decode(Self.bomb, limit: 99_999) }
    #expect(try decode(Self.bomb, limit: 100_000).utf8.count == 100_000)
    #expect(throws: ContentCoding.Problem.tooLarge(limit: 10)) { try decode(Self.stored, limit: 10) }
    #expect(throws: ContentCoding.Problem.tooLarge(limit: 10)) { try decode(Self.fixed, limit: 10) }
  }

  @Test func `no cut, no flipped bit and nothing behind the data goes unseen`() throws {
    for sample in [Self.fixed, Self.stored, Self.dynamic] {
      let right = try decode(sample)
      for length in 0..<sample.count {
        #expect(throws: ContentCoding.Problem.damaged("gzip"), "\(length)") { try decode(sample.prefix(length)) }
      }
      #expect(throws: ContentCoding.Problem.damaged("gzip")) { try decode(sample + [0]) }
      for bit in 0..<sample.count * 8 {
        var wrong = sample
        wrong[bit / 8] ^= 1 << UInt8(bit % 8)
        // Time, system, and the file's name are not checked.
        if let read = try? decode(wrong) { #expect(read == right, "bit \(bit)") }
      }
    }
  }

  @Test func `compressed requests are read like others`() async throws {
    try await withServer(limits: RequestLimits(body: 2000)) { server in
      let cases: [(String, Data, Int)] = [
        ("gzip", Self.fixed, 200), ("GZIP", Self.stored, 200), ("x-gzip", Self.fixed, 200), ("deflate", Self.zlib, 200),
        ("identity", Data(Self.plain.utf8), 200), ("gzip", Data(Self.plain.utf8), 400), ("gzip", Data(), 400),
        ("deflate", Self.plain.data(using: .utf8) ?? Data(), 400), ("gzip", Self.bomb, 413), ("br", Self.fixed, 415),
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
