import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("Certificates that are renewed")
struct TrustFileTests {
  let scratch: Scratch
  let time = ScriptedTime()

  init() throws { scratch = try Scratch() }

  /// libcurl reads certificates when a connection is made, not before: any bytes will do.
  func trust() throws -> ClientTrust {
    for name in ["ca", "crt", "key"] { try scratch.write(name, "first \(name)") }
    var configuration = ClusterConfiguration(server: "https://x")
    configuration.trustFiles.certificateAuthority = "\(scratch.path)/ca"
    configuration.trustFiles.clientCertificate = "\(scratch.path)/crt"
    configuration.trustFiles.clientKey = "\(scratch.path)/key"
    return ClientTrust(configuration, userAgent: "x", fixed: nil, time: time.source)
  }

  /// Which transport it gives: the same one, or another.
  func given(_ trust: ClientTrust, _ certificate: ClientCertificate? = nil) throws -> ObjectIdentifier {
    let transport = try trust.transport(presenting: certificate)
    kept.withLock { $0.append(transport) }
    return ObjectIdentifier(try #require(transport as? CurlTransport))
  }

  /// Kept, so that no other one gets its place in memory.
  let kept = Kept()

  final class Kept: Sendable {
    private let transports = Mutex<[any HTTPTransport]>([])
    func withLock(_ body: (inout [any HTTPTransport]) -> Void) { transports.withLock { body(&$0) } }
  }

  @Test("New content means new connections, after a minute; an empty or missing file leaves the old content in use")
  func renewed() throws {
    let trust = try trust()
    let first = try given(trust)
    try scratch.write("ca", "")
    try FileManager.default.removeItem(atPath: "\(scratch.path)/key")
    time.advance(by: .seconds(61))
    #expect(try given(trust) == first)
    try scratch.write("ca", "second ca")
    time.advance(by: .seconds(30))
    #expect(try given(trust) == first)
    time.advance(by: .seconds(31))
    #expect(try given(trust) != first)
  }

  @Test("A failed handshake reads at once; a refusal tells whether there is anything new")
  func doubted() throws {
    let trust = try trust()
    let first = try given(trust)
    #expect(!trust.renew())
    try scratch.write("crt", "second crt")
    #expect(trust.renew())
    let second = try given(trust)
    #expect(second != first)
    try scratch.write("ca", "second ca")
    trust.doubt()
    #expect(try given(trust) != second)
  }

  @Test("A plugin's certificate goes before the file's, and is kept while it is the same")
  func plugin() throws {
    let trust = try trust()
    let mine = ClientCertificate(certificate: [1], key: [2])
    let file = try given(trust)
    let first = try given(trust, mine)
    #expect(first != file)
    #expect(try given(trust, mine) == first)
    #expect(try given(trust, ClientCertificate(certificate: [3], key: [2])) != first)
  }

  @Test("Keys and proxy passwords are in no description")
  func secrets() {
    var configuration = ClusterConfiguration(server: "https://x", credentials: .token("hunter2"))
    configuration.trust.clientKey = Array("hunter2".utf8)
    configuration.trust.proxy = "http://me:hunter2@proxy:3128"
    var text = ""
    dump(configuration, to: &text)
    text += "\(configuration) \(String(reflecting: configuration))"
    #expect(!text.contains("hunter2") && !text.contains("104"))
    #expect(text.contains("proxy http://proxy:3128"))
  }
}
