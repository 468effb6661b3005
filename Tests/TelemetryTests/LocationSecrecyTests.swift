import Telemetry
import Testing

@Suite struct LocationSecrecyTests {
  @Test(
    arguments: [
      ("postgres://a:b@h:5432/d", "postgres://a@h:5432/d"), ("postgres://a:b%40c@h/d?x=1", "postgres://a@h/d?x=1"),
      ("postgres://a:b?c@h/d", "postgres://a@h/d"), ("postgresql://:b@h/d", "postgresql://@h/d"),
      ("postgres://h/d?password=b&sslmode=require", "postgres://h/d?sslmode=require"),
      ("postgres://h/d?pass%77ord=b", "postgres://h/d"), ("postgres://a@h/d", nil), ("postgres://a:@h/d", nil),
      ("postgres://h/d@e:f", nil), ("sqlite:///a:b@c.sqlite", nil), ("", nil), ("nonsense", nil),
    ] as [(String, String?)])
  func `a password goes, and whatever has none stays as it was`(_ text: String, _ without: String?) {
    #expect(TelemetryLocation.withoutPassword(text) == without ?? text)
    #expect((try? TelemetryLocation(text))?.hasPassword ?? false == (without != nil))
  }

  @Test(arguments: [
    ("postgres://db/a", true), ("postgres://db/a?sslmode=disable", true), ("postgres://db/a?sslmode=require", true),
    ("postgres://db/a?sslmode=prefer", true), ("postgres://localhost,db/a", true),
    ("postgres://localhost/a?hostaddr=10.0.0.1", true), ("postgres://127.evil@db/a", true),
    ("postgres://db/a?sslmode=verify-full", false), ("postgres://db/a?sslmode=verify-ca&sslrootcert=/ca", false),
    ("postgres://db/a?sslmode=require&sslrootcert=/ca", false), ("postgres://db/a?sslrootcert=system", false),
    ("postgres:///a", false), ("postgres://localhost:5432/a", false), ("postgres://127.0.0.1/a", false),
    ("postgres://[::1]:5432/a", false), ("postgres://%2Fvar%2Frun/a", false), ("postgres:///a?host=/run", false),
    ("sqlite:///a.sqlite", false),
  ])
  func `a server is unproven unless TLS shows who it is`(_ text: String, _ isUnproven: Bool) throws {
    #expect(try (TelemetryLocation(text).unprovenServer != nil) == isUnproven)
  }
}
