import Testing
import Values

@testable import Telemetry

/// Databases that a Secret of a namespace names.
@Suite struct HeldAddressTests {
  private static let loopback = OutboundRules(
    networks: ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }, allowsLoopback: true)

  private static let named = OutboundRules(hosts: ["db.allowed.example"].compactMap { HostPattern($0) })
  private static let translated = OutboundRules(networks: [AddressBlock("10.1.1.0/24")].compactMap(\.self))

  private func held(_ url: String, _ rules: OutboundRules) throws -> Result<[String: String], OutboundRefusal> {
    let address = try #require(PostgresAddress(url))
    do throws(OutboundRefusal) {
      let held = try address.held(to: rules)
      return .success(Dictionary(held.overrides.map { ($0.keyword, $0.value) }) { $1 })
    } catch {
      return .failure(error)
    }
  }

  @Test(
    arguments: [
      ("postgres://a@127.0.0.1:5433/d", loopback, ["host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "5433"]),
      ("postgres://a@10.1.1.1,127.0.0.1/d", loopback, ["host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "5432"]),
      (
        "postgres://a@x.example,y.example:7/d?hostaddr=127.0.0.2,127.0.0.3", loopback,
        ["host": "x.example,y.example", "hostaddr": "127.0.0.2,127.0.0.3", "port": "5432,7"]
      ),
      // Judged by what it carries, connected to as it is written.
      (
        "postgres://a@x.example/d?hostaddr=64:ff9b::a01:102", translated,
        ["host": "x.example", "hostaddr": "64:ff9b::a01:102", "port": "5432"]
      ),
    ] as [(String, OutboundRules, [String: String])])
  func `libpq is given addresses, so that it looks nothing up`(
    url: String, rules: OutboundRules, parameters: [String: String]
  ) throws {
    #expect(try held(url, rules) == .success(parameters))
  }

  @Test(
    arguments: [
      ("postgres://a@127.0.0.1/d", .anyHost, .loopback), ("postgres://a@localhost/d", .anyHost, .loopback),
      ("postgres://a@0/d", .anyHostOfPod, .special),
      ("postgres://a@db.svc/d?hostaddr=169.254.169.254", .anyHost, .special),
      ("postgres:///d", .anyHost, .loopback), ("postgres:///d?host=/var/run/postgresql", .anyHost, .loopback),
      ("postgres:///d?hostaddr=127.0.0.1", .anyHost, .loopback), ("postgres://a@10.1.1.1/d", loopback, .notAllowed),
      ("postgres://a@db.example/d", OutboundRules(), .notAllowed),
      ("postgres://a@db.example/d?hostaddr=10.1.1.1", OutboundRules(allowsInternet: true), .notAllowed),
      // A host that is allowed by its name allows no address that somebody writes beside it.
      ("postgres://db.allowed.example/x?hostaddr=10.0.0.5&port=6379", named, .notAllowed),
      ("postgres://db.allowed.example,db.allowed.example/x?hostaddr=10.0.0.5,10.0.0.6", named, .notAllowed),
      ("postgres://db.allowed.example/x?hostaddr=fd00::5", named, .notAllowed),
    ] as [(String, OutboundRules, OutboundRefusal)])
  func `others are refused`(url: String, rules: OutboundRules, refusal: OutboundRefusal) throws {
    #expect(try held(url, rules) == .failure(refusal))
  }

  @Test func `a host that nobody knows is not looked up a second time`() throws {
    let address = try #require(PostgresAddress("postgres://a@nobody.invalid/d")).held(to: .anyHost)
    #expect(throws: PostgresFailure.self) { try address.connect() }
    #expect(address.isUnknown)
  }

  @Test func `a store that is refused says why, and repeats nothing`() async throws {
    let store = try openTelemetryStore(at: "postgres://a:hush@127.0.0.1:1/d", outbound: .anyHost)
    await #expect(throws: TelemetryError.notAllowed(store: "postgres://127.0.0.1/d", .loopback)) {
      _ = try await store.versions(of: ModelKey(namespace: "n", model: "m"))
    }
    await store.close()
    let words = TelemetryError.unavailable(store: "postgres://x/d", reason: "hush").withoutItsWords
    #expect(!words.contains("hush"))
  }
}
